"""Documents that another hand than ours may have written: odd ones are passed over, and logged."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import structlog

from app.repositories.mongo import Document

log = structlog.get_logger(__name__)
T = TypeVar("T")


def understood(
    collection: str, rows: Iterable[Document], convert: Callable[[Document], T]
) -> Iterator[T]:
    for row in rows:
        try:
            yield convert(row)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("document not understood", collection=str(collection), error=repr(error))
