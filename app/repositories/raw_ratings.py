"""Columns of ratings straight out of BSON, for loading millions.

A projected rating has one layout, so a small loop finds its ids and its value without building a
dictionary. Documents of another layout (an integer rating, fields in another order) are left to
the driver's decoder.
"""

import numpy as np
from bson import decode_all

from app.domain.changes import Collection
from app.domain.ratings import RatingBatch
from app.repositories.bson_kernels import find_ratings
from app.repositories.foreign import understood
from app.repositories.mongo import Document
from app.repositories.rating_documents import to_rating
from app.repositories.raw_values import numbers, texts

_SMALLEST = 60  # bytes; no document of this layout is smaller


def to_batch(data: bytes) -> RatingBatch:
    """Return the columns of concatenated `{_id: {user_id, item_id}, rating}` documents."""
    raw = np.frombuffer(data, np.uint8)
    spans = np.empty((len(data) // _SMALLEST + 1, 5), np.int32)
    count = find_ratings(raw, spans)
    if count < 0:
        return _decoded(data)
    found = spans[:count]
    values = numbers(raw, found[:, 4], "<f8")
    if not np.isfinite(values).all():
        return _decoded(data)
    user_ids = texts(data, found[:, 0], found[:, 1])
    item_ids = texts(data, found[:, 2], found[:, 3])
    return RatingBatch(user_ids, item_ids, values.tolist())


def _decoded(data: bytes) -> RatingBatch:
    rows = list(understood(Collection.RATINGS, decode_all(data), _row))
    return RatingBatch([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _row(row: Document) -> tuple[str, str, float]:
    rating = to_rating(row)
    return rating.user_id, rating.item_id, rating.rating
