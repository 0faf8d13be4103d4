"""What two states do not agree on, in words."""

from collections.abc import Mapping
from typing import Any


def differences(what: str, memory: Mapping[str, Any], rebuilt: Mapping[str, Any]) -> list[str]:
    """Return a line for each key whose value is not the same on both sides."""
    return [
        f"{what} {key!r}: memory {memory.get(key)!r}, rebuilt {rebuilt.get(key)!r}"
        for key in sorted(memory.keys() | rebuilt.keys())
        if memory.get(key) != rebuilt.get(key)
    ]
