"""Values out of BSON, by the places that a compiled scan has found."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Int32s


def texts(data: bytes, starts: Int32s, ends: Int32s) -> list[str]:
    places = zip(starts.tolist(), ends.tolist(), strict=True)
    return [data[start:end].decode() for start, end in places]


def numbers(raw: Bytes, starts: Int32s, kind: str) -> npt.NDArray[Any]:
    """Return what stands in the eight bytes from each of these places, read as `kind`."""
    values: npt.NDArray[Any] = raw[starts[:, None] + np.arange(8)].view(kind)
    return values[:, 0]
