"""What one shopper likes, as the recommenders take it."""

from dataclasses import dataclass

from app.engine.jit import Float64s, Int32s

ANONYMOUS = -1


@dataclass(frozen=True)
class Profile:
    """A shopper's preferences at one moment.

    items : rows of the items, shape (n,), each once.
    values : shape (n,), as read at that moment (explicit entries times g).
    user_row : the shopper's own row, or -1 for somebody who is not stored (a session).
    """

    items: Int32s
    values: Float64s
    user_row: int = ANONYMOUS
