"""Sentences in every language: a module each, named by its code, with `TEMPLATES` by their keys."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    module.name: import_module(f"{__name__}.{module.name}").TEMPLATES
    for module in iter_modules(__path__)
}
