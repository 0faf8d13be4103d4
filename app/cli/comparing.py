"""What `--compare` says, as variants: a strategy or a plain list, and settings that differ."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click
from pydantic import ValidationError

from app.api.settings import SettingsBody
from app.domain.recommendations import Window
from app.domain.settings import WEIGHTS_OF, ShopSettings, Strategy
from app.offline.evaluation.variants import BASELINES, POPULAR, Variant, baseline

_STRATEGIES = tuple(strategy.value for strategy in Strategy)
_KIND = "weights."  # weights.purchase=8


def variants(texts: Sequence[str], settings: ShopSettings) -> list[Variant]:
    """Return a variant for each text, or raise BadParameter saying what is known."""
    return [_variant(text, settings) for text in texts]


def _variant(text: str, settings: ShopSettings) -> Variant:
    first, *rest = (part.strip() for part in text.split(","))
    named = first if "=" not in first else None
    given = dict(_pair(part, text) for part in (rest if named else (first, *rest)))
    if named in BASELINES:
        return _plain(text, named, given, settings)
    if named is not None and named not in _STRATEGIES:
        known = ", ".join(dict.fromkeys((*_STRATEGIES, *BASELINES)))
        raise _wrong(f"{named!r} in {text!r} is none of: {known}")
    return _of_settings(text, ({"strategy": named} if named else {}) | given, settings)


def _plain(text: str, name: str, given: dict[str, str], settings: ShopSettings) -> Variant:
    window = given.pop("window", None)
    if given or (window and name != POPULAR):
        raise _wrong(f"{text!r}: {name} takes no settings, but popular may name a window")
    made = baseline(name, settings)
    if window is None:
        return replace(made, name=text)
    if window not in {w.value for w in Window}:
        raise _wrong(f"{text!r}: window is one of {', '.join(w.value for w in Window)}")
    return replace(
        made,
        name=text,
        shelf="popular",
        query={"window": Window(window)},
        parameters={"window": window},
    )


def _of_settings(text: str, given: dict[str, str], settings: ShopSettings) -> Variant:
    changes: dict[str, Any] = {k: v for k, v in given.items() if not k.startswith(_KIND)}
    weights = {k.removeprefix(_KIND): v for k, v in given.items() if k.startswith(_KIND)}
    if weights:
        changes["weights"] = weights
    try:
        checked = SettingsBody.model_validate(changes).changes()
    except ValidationError as error:
        raise _wrong(f"{text!r}: {_said(error)}") from error
    if weights:
        checked["weights"] = {**settings.weights, **checked["weights"]}
    # named weights of the hybrid's parts are a query's: those that are not named are 0 there
    query = {name: checked.pop(name) for name in tuple(checked) if name in WEIGHTS_OF}
    told = {name: value for name, value in given.items() if name != "strategy"}
    return Variant(text, replace(settings, **checked), query=query, parameters=told)


def _pair(part: str, text: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise _wrong(f"{part!r} in {text!r} is not NAME=VALUE, such as k=100")
    return name.strip(), value.strip()


def _said(error: ValidationError) -> str:
    found = error.errors()[0]
    name = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        known = ", ".join(SettingsBody.model_fields)
        return f"there is no setting {name!r}; known are: {known}, and weights.KIND"
    return f"{name}: {found['msg'].lower()}"


def _wrong(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--compare")
