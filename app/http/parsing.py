"""Strict reading of bodies and queries, every failure naming its field."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote_to_bytes

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.domain.errors import AppError

Pairs = list[tuple[str, str]]

_URLENCODED = "application/x-www-form-urlencoded"
_FORMS = {_URLENCODED, "multipart/form-data"}


class Unparsable(AppError):
    """The body is not what its content type says."""


class Invalid(AppError):
    """Fields are missing, unknown or of the wrong form; `detail` lists each with its messages."""


class UnsupportedMediaType(AppError):
    """The body is of a content type this route does not take."""


class Input(BaseModel):
    """Base of everything that comes in: unknown names are refused, so are NaN and infinity."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
    max_bytes: ClassVar[int] = 64 * 1024
    may_be_left_out: ClassVar[bool] = False


class StrictAdapter(PydanticAdapter):
    """Reads JSON without coercion (true is no number), forms and queries from their strings."""

    def validate_input(self, request: Request, location: str, **kwargs: Any) -> BaseModel:
        """Return the model, or raise Unparsable, Invalid or UnsupportedMediaType."""
        try:
            if location == "query":
                return _read_query(self.model_class, request.query_string)
            known = getattr(self.model_class, "query_names", ())
            refuse_names(name for name, _ in query_of(request) if name not in known)
            limit_body(request, getattr(self.model_class, "max_bytes", Input.max_bytes))
            if request.mimetype in _FORMS and location == "json_or_form":
                return self.model_class.model_validate_strings(_single(_form(request)))
            if getattr(self.model_class, "may_be_left_out", False) and not request.get_data():
                return self.model_class()
            _require_json(request, or_text=getattr(self.model_class, "plain_text", False))
            return self.model_class.model_validate_json(request.get_data(), strict=True)
        except ValidationError as error:
            raise _translated(error) from error


# Every `input` of a pydantic model reads this way: models import this module before views use them.
registry.register("pydantic", StrictAdapter)


def _require_json(request: Request, *, or_text: bool) -> None:
    if not request.is_json and not (or_text and request.mimetype == "text/plain"):
        got = request.mimetype or "none"
        raise UnsupportedMediaType(
            f"Send JSON with the header Content-Type: application/json (got {got})."
        )


def limit_body(request: Request, limit: int) -> None:
    """Refuse bodies above the route's limit, or above the deployment's where that is lower."""
    request.max_content_length = min(limit, request.max_content_length or limit)


def refuse_names(names: Iterable[str]) -> None:
    """Raise Invalid if there is any: what nobody reads is refused, not ignored."""
    unknown = {name: ["is not known here"] for name in names}
    if unknown:
        raise Invalid("Some parameters are not known here.", **unknown)


def query_of(request: Request) -> Pairs:
    """Return the parameters of the address, or raise Unparsable."""
    return _pairs(request.query_string)


@lru_cache(1024)  # the models are frozen, and callers ask in the same words again and again
def _read_query(model: type[BaseModel], text: bytes) -> BaseModel:
    repeatable: frozenset[str] = getattr(model, "repeatable", frozenset())
    pairs = _pairs(text)
    values: dict[str, Any] = _single([pair for pair in pairs if pair[0] not in repeatable])
    for name, value in pairs:
        if name in repeatable:
            values.setdefault(name, []).append(value)
    return model.model_validate(values)


def _pairs(text: bytes) -> Pairs:
    _require_utf8(text, "The address")
    return parse_qsl(text.decode(), keep_blank_values=True)


def _form(request: Request) -> Pairs:
    # Werkzeug makes something else of bytes that are no UTF-8: it would be stored under that name
    if request.mimetype == _URLENCODED:
        _require_utf8(request.get_data(), "The body")
    refuse_names(request.files)
    if any("\ufffd" in value for values in request.form.listvalues() for value in values):
        raise Unparsable("The body is not UTF-8.")
    return list(request.form.items(multi=True))


def _require_utf8(text: bytes, what: str) -> None:
    if text.isascii() and b"%" not in text:
        return
    try:
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise Unparsable(f"{what} is not UTF-8.") from error


def _single(pairs: Pairs) -> dict[str, str]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        raise Invalid(
            "Some parameters are given more than once.", **{name: ["given twice"] for name in twice}
        )
    return values


def _translated(error: ValidationError) -> AppError:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        if problem["type"] == "json_invalid":
            return Unparsable(f"The body is not valid JSON: {problem['msg']}")
    detail = faults_of(error)
    names = ", ".join(sorted(detail)[:5])
    return Invalid(f"Some values are not allowed: {names}", **detail)


def faults_of(error: ValidationError) -> dict[str, list[str]]:
    detail: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"] if part not in ("one", "many"))
        detail.setdefault(where or "body", []).append(problem["msg"])
    return detail
