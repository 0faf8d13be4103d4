"""What one shopper likes, as the recommenders take it."""

from dataclasses import dataclass

from app.engine.jit import Bytes, Float64s, Int32s

ANONYMOUS = -1


@dataclass(frozen=True)
class Profile:
    """A shopper's preferences at one moment.

    items : rows of the items, shape (n,), each once.
    values : shape (n,), as read at that moment (explicit entries times g).
    user_row : the shopper's own row, or -1 for somebody who is not stored.
    g : by which values are divided to be in rating units.
    implied : uint8, shape (n,): 1 where behaviour says so; None: nowhere.
    """

    items: Int32s
    values: Float64s
    user_row: int = ANONYMOUS
    g: float = 1.0
    implied: Bytes | None = None

    @property
    def ratings(self) -> Float64s:
        """The values in rating units, shape (n,)."""
        return self.values / self.g

    @property
    def settled(self) -> Int32s:
        """Rows of the items that are not to be recommended: rated, or preferred negatively."""
        if self.implied is None:
            return self.items
        rows: Int32s = self.items[(self.implied == 0) | (self.values < 0.0)]
        return rows
