"""What can go wrong, by name. One table in `app.http.errors` gives each its HTTP status."""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """A failure the caller can understand: a message for people, details for programs."""

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.detail: Mapping[str, Any] = detail


class InvalidInput(AppError):
    """A value is of the right form but not allowed; `detail` names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", **{field: [message]})


class InvalidCursor(AppError):
    """A `next_cursor` that does not hold, or is of another list."""

    def __init__(self, message: str) -> None:
        super().__init__(f"cursor: {message}", cursor=[message])


class UnknownItem(AppError):
    def __init__(self, item_id: str) -> None:
        super().__init__("There is no such item.", item_id=item_id)


class UnknownUser(AppError):
    def __init__(self, user_id: str) -> None:
        super().__init__("There is no such user.", user_id=user_id)


class UnknownSession(AppError):
    """Nothing is known of an anonymous session of that id."""

    def __init__(self, session_id: str) -> None:
        super().__init__("There is no such session.", session_id=session_id)


class UnknownRating(AppError):
    def __init__(self, item_id: str) -> None:
        super().__init__("You have not rated this item.", item_id=item_id)


class UnknownKey(AppError):
    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no key {key_id!r}. List them with: flask keys list")


class UserTaken(AppError):
    def __init__(self, user_id: str) -> None:
        super().__init__("This user id is taken.", user_id=user_id)


class UserHasData(AppError):
    """The id has data but no account: only the shop's own server may open one for it."""

    def __init__(self, user_id: str) -> None:
        super().__init__(
            "This user id already has ratings or events here. "
            "Only the shop's server can open an account for it, with a storefront key.",
            user_id=user_id,
        )


class UserLeaving(AppError):
    """The shopper was deleted a moment ago, and what was under way then is being swept up."""

    def __init__(self, user_id: str) -> None:
        super().__init__(
            "This shopper has just been deleted. Try again in two minutes.", user_id=user_id
        )


class SessionLeaving(AppError):
    """The session was deleted a moment ago, and what was under way then is being swept up."""

    def __init__(self, session_id: str) -> None:
        super().__init__(
            "This session has just been deleted. Begin another one.", session_id=session_id
        )


class ItemTaken(AppError):
    def __init__(self, item_id: str) -> None:
        super().__init__(
            "An item with this id exists already. Use PUT /items/<item_id> to replace it.",
            item_id=item_id,
        )


class BadCredentials(AppError):
    """Wrong name or wrong password; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("Wrong user id or password.")


class NotAuthenticated(AppError):
    """Nobody said who is calling, or in words that do not hold any more."""

    def __init__(self, message: str = "Send a bearer token (POST /login) or an X-API-Key.") -> None:
        super().__init__(message)


class NotAllowed(AppError):
    """The caller is known, but its role may not do this."""


class Conflict(AppError):
    """Somebody else changed the same thing at the same time; try again."""


class StoreUnavailable(AppError):
    """MongoDB does not answer: a write may or may not be stored, try again in a moment."""

    def __init__(self) -> None:
        super().__init__("The database does not answer just now. Try again in a moment.")


class Misconfigured(AppError):
    """The service cannot start like this; the message says what to change."""


class ErasuresUnusable(AppError):
    """The list of those who were erased cannot be read or written; the message says why."""


class HistoryLost(AppError):
    """The feed cannot go on from where it was: everything must be loaded anew."""

    def __init__(self) -> None:
        super().__init__("The change history no longer reaches back to the feed's position.")


class TooManyStreams(AppError):
    """Every place for a stream is taken in this process."""

    def __init__(self) -> None:
        super().__init__("There are too many open streams here. Try again in a moment.")


class TooManyTries(AppError):
    """A rate limit is reached; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many tries. Try again in {retry_after} seconds.", retry_after=retry_after
        )
        self.retry_after = retry_after
