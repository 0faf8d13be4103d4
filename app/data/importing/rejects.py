"""The rows an import refused, as JSON Lines, so that they can be mended and imported again."""

import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from app.data.importing.tables import Reject
from app.domain.errors import InvalidInput


def rejects_path(data_dir: Path, file: Path) -> Path:
    """Return where the rejects of a file go unless the user says otherwise."""
    return data_dir / "rejects" / f"{file.name}.rejects.jsonl"


class RejectFile:
    """Collects rejects of one run. The file of a former run goes; a new one comes when needed."""

    def __init__(self, source: Path, path: Path | None) -> None:
        if path is not None and path.resolve() == source.resolve():
            raise InvalidInput("rejects", "must not be the imported file itself")
        self._source = source
        self._path = path
        self._file: TextIO | None = None
        self.reasons: Counter[str] = Counter()

    @property
    def path(self) -> Path | None:
        return self._path if self._file is not None else None

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise InvalidInput(
                    "rejects", f"{self._path} cannot be replaced: {error}"
                ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, reject: Reject) -> None:
        self.reasons[reject.reason] += 1
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8")
        row = {"file": self._source.name, **reject._asdict()}
        self._file.write(_to_json(row) + "\n")


def _to_json(row: dict[str, Any]) -> str:
    # json, not orjson: it writes lone surrogates, which is what undecodable bytes have become
    try:
        return json.dumps(row, allow_nan=False, default=str)
    except ValueError:
        return json.dumps({**row, "row": str(row["row"])})
