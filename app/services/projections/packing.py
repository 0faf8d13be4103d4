"""Strings as plain arrays: UTF-8 bytes and where each one ends."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack_strings(texts: Sequence[str], name: str) -> dict[str, NDArray[Any]]:
    """Return two arrays, `{name}.bytes` (uint8) and `{name}.ends` (int64, one a string)."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return {
        f"{name}.bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        f"{name}.ends": ends,
    }


def unpack_strings(arrays: Any, name: str) -> list[str]:
    """Return the strings that `pack_strings` packed under `name`."""
    data = arrays[f"{name}.bytes"].tobytes()
    ends = arrays[f"{name}.ends"].tolist()
    starts = [0, *ends][: len(ends)]
    return [data[start:end].decode() for start, end in zip(starts, ends, strict=True)]


def differences(what: str, memory: dict[str, Any], stored: dict[str, Any]) -> list[str]:
    """Return a line for each key whose value is not the same on both sides."""
    keys = memory.keys() | stored.keys()
    return [
        f"{what} {key!r}: memory {memory.get(key)!r}, stored {stored.get(key)!r}"
        for key in sorted(keys)
        if memory.get(key) != stored.get(key)
    ]
