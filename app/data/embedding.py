"""Vectors of items' texts, made anew where a text has changed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.data.importing.runs import Progress, no_progress
from app.domain.catalogue import Item, Vectors, check_vector_name, merged_vectors
from app.domain.errors import Conflict, Misconfigured
from app.domain.ports import ItemRepository

TextModel = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> vectors, shape (n, dimensions); zeros for a text that says nothing."""
_PAGE = 500
_ROUNDS = 5  # over what somebody else changed meanwhile
_DIGITS = 5  # of numbers up to 1: a third of the digits, and no cosine differs by 1e-5
_SAME = 1.0 - 1e-4  # cosine from which on two vectors are of one text
Vector = tuple[float, ...]
Change = tuple[Item, Vectors]
Changes = Callable[[Sequence[Item]], list[Change]]


class Which(Enum):
    """Whose vectors are written."""

    CHANGED = "changed"
    """Those that are missing, or differ from what the text gives now."""
    MISSING = "missing"
    ALL = "all"


class VectorWriter(Protocol):
    """The catalogue service, as embedding sees it."""

    def set_vectors(self, changes: Sequence[Change]) -> int:
        """Give items other named vectors; return how many had not been changed meanwhile."""


@dataclass(frozen=True, slots=True)
class EmbeddingReport:
    items: int
    stored: int
    without_text: int
    """They have no vector of the name, or have it no longer."""
    seconds: float


class Embedding:
    """Walks through the catalogue; what the feed carries to the workers is an ordinary change."""

    def __init__(
        self, items: ItemRepository, writer: VectorWriter, load: Callable[[], TextModel]
    ) -> None:
        self._items = items
        self._writer = writer
        self._load = load

    def embed(
        self, name: str, which: Which = Which.CHANGED, progress: Progress = no_progress
    ) -> EmbeddingReport:
        """Store the vector `name` of every item whose text asks for it.

        Raises InvalidInput for a name or a length that the catalogue refuses, Misconfigured
        without the model, Conflict where items keep changing faster than they are embedded.
        """
        check_vector_name(name)
        started, model = time.monotonic(), self._load()

        def changes(items: Sequence[Item]) -> list[Change]:
            vectors = _vectors(model, items)
            return [
                (item, merged_vectors(item.vectors, {name: vector}))
                for item, vector in zip(items, vectors, strict=True)
                if _wanted(which, item.vectors.get(name), vector)
            ]

        seen, stored, without = self._walk(changes, progress)
        return EmbeddingReport(seen, stored, without, time.monotonic() - started)

    def remove(self, name: str, progress: Progress = no_progress) -> int:
        """Take the vector `name` away from every item; return how many had it."""
        check_vector_name(name)

        def changes(items: Sequence[Item]) -> list[Change]:
            return [
                (item, merged_vectors(item.vectors, {name: None}))
                for item in items
                if name in item.vectors
            ]

        return self._walk(changes, progress)[1]

    def _walk(self, changes: Changes, progress: Progress) -> tuple[int, int, int]:
        """Return how many items there are, were changed, and have no text."""
        seen = written = without = 0
        total = self._items.count()
        for page in self._pages():
            written += self._write(page, changes)
            seen += len(page)
            without += sum(not text_of(item) for item in page)
            progress(min(seen, total), total)
        return seen, written, without

    def _write(self, items: Sequence[Item], changes: Changes) -> int:
        """Write the changes; where an item was changed meanwhile, look at all of them again."""
        written = 0
        for _ in range(_ROUNDS):
            wanted = changes(items)
            done = self._writer.set_vectors(wanted)
            written += done
            if done == len(wanted):
                return written
            found = (self._items.find(item.item_id) for item, _ in wanted)
            items = [item for item in found if item is not None]
        raise Conflict("Items are changed faster than they can be embedded. Try again later.")

    def _pages(self) -> Iterator[list[Item]]:
        after: str | None = None
        while page := self._items.page(after=after, limit=_PAGE):
            yield page
            after = page[-1].item_id


def text_of(item: Item) -> str:
    """Return what the model reads of an item: title, category, description.

    In small letters, because words in capitals are cut into pieces that say little.
    """
    parts = (item.title, (item.category or "").replace("|", ", "), item.description)
    return ". ".join(part.strip() for part in parts if part and part.strip()).casefold()


def _vectors(model: TextModel, items: Sequence[Item]) -> list[Vector | None]:
    """Return unit vectors in few digits; None where there is no text, or it says nothing."""
    found = model([text_of(item) for item in items]).astype(np.float64)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    units = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0.0)
    return [tuple(unit.tolist()) if unit.any() else None for unit in units.round(_DIGITS)]


def _wanted(which: Which, former: Vector | None, vector: Vector | None) -> bool:
    if former is None or vector is None:
        return former is not vector and (former is None or which is not Which.MISSING)
    if which is Which.CHANGED:
        return not _alike(np.array(former), np.array(vector))
    return which is Which.ALL


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    if one.size != other.size:
        return False  # and the catalogue will say what to do
    product = np.linalg.norm(one) * np.linalg.norm(other)
    return bool(one @ other >= _SAME * product > 0.0)


def load_text_model() -> TextModel:
    """Return the model, or raise Misconfigured saying how to get it.

    Its weights and its words lie in the package: nothing is fetched, now or later.
    """
    try:
        package = import_module("wordllama")
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "The model that embeds texts is not installed. "
            "Run: pip install -r requirements-text.txt"
        ) from error
    # The package looks for its words in a folder of another name than theirs, unless it is told.
    here = Path(str(package.__file__)).parent
    model = package.WordLlama.load(cache_dir=here, disable_download=True)

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(model.embed(list(texts)), np.float32)

    return embed
