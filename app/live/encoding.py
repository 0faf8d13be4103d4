"""An item's columns as a feature vector, in the form that is stored with it."""

import numpy as np
from numpy.typing import NDArray

from app.domain.catalogue import Encoding, Item, written

ENCODER_VERSION = 1
"""Raise it when the encoder gives other vectors: stored ones are then made anew at load."""


def encode_item(item: Item) -> Encoding:
    """Return the encoded columns of `item`; the same columns give the same vector everywhere."""
    from app.engine.tables.features import (  # scikit-learn: only writers pay for it
        ItemColumns,
        encode,
    )

    dims, weights = encode(
        ItemColumns(
            category=item.category or "",
            brand=item.brand or "",
            price=item.price,
            tags=item.tags,
            attributes=tuple(f"{name}={written(v)}" for name, v in item.attributes.items()),
            title=item.title or "",
            description=item.description or "",
        )
    )
    return Encoding(
        ENCODER_VERSION,
        np.asarray(dims, np.dtype("<i4")).tobytes(),
        np.asarray(weights, np.dtype("<f4")).tobytes(),
    )


def decoded(encoding: Encoding) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return dimensions and weights, read-only."""
    dims = np.frombuffer(encoding.dims, np.dtype("<i4"))
    return dims, np.frombuffer(encoding.weights, np.dtype("<f4"))
