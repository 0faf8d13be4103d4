"""Files of lines: opened whether packed or not, and read without trusting their length."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from app.domain.errors import InvalidInput

_GZIP_MAGIC = b"\x1f\x8b"
_MAX_LINE = 4 * 1024 * 1024
# The lone quote makes it a broken line for every reader.
_TOO_LONG = '"a line of more than 4 MiB, left out'


def unreadable(path: Path, error: BaseException) -> InvalidInput:
    """Return the error for a file that cannot be read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InvalidInput("file", f"{path} cannot be read: {reason}")


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[tuple[TextIO, Callable[[], int]]]:
    """Open a file as text, unpacked if its first bytes say gzip, and tell how to ask its position.

    Bytes that are no text in `encoding` become lone surrogates, which no id and no text may
    contain: such rows are rejected one by one instead of ending the import.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            data = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
            # newline="\n": carriage returns inside quoted cells stay as they are
            with io.TextIOWrapper(data, encoding, "surrogateescape", newline="\n") as text:
                yield text, raw.tell
    except (OSError, EOFError, zlib.error, LookupError, UnicodeError) as error:
        raise unreadable(path, error) from error


def lines_of(text: TextIO) -> Iterator[str]:
    """Yield the lines with their ends. One without end does not fill the memory."""
    while line := text.readline(_MAX_LINE):
        if len(line) == _MAX_LINE and not line.endswith("\n"):
            _skip_line(text)
            line = _TOO_LONG
        yield line


def size_of(path: Path) -> int:
    """Return the size in bytes, or raise InvalidInput if there is no such file."""
    try:
        if not path.is_file():
            raise InvalidInput("file", f"{path} is not a file")
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error


def _skip_line(text: TextIO) -> None:
    while (rest := text.readline(_MAX_LINE)) and not rest.endswith("\n"):
        pass
