"""Ids as plain arrays."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[np.generic]]


def pack_ids(name: str, ids: list[str]) -> dict[str, npt.NDArray[np.generic]]:
    """Return `name`, the UTF-8 bytes of the ids end to end, and `name`_ends, where each ends."""
    encoded = [id_.encode("utf-8", "surrogatepass") for id_ in ids]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    return {name: np.frombuffer(b"".join(encoded), dtype=np.uint8), f"{name}_ends": ends}


def unpack_ids(name: str, arrays: Arrays) -> list[str]:
    """Return the ids that `pack_ids` packed under that name."""
    raw = arrays[name].tobytes()
    ids, start = [], 0
    for end in arrays[f"{name}_ends"].tolist():
        ids.append(raw[start:end].decode("utf-8", "surrogatepass"))
        start = end
    return ids
