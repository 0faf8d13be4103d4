"""The model that turns texts into vectors. It is an extra: only `flask embed` loads it."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Misconfigured

TextModel = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> vectors, shape (n, dimensions); zeros for a text that says nothing."""


def load_text_model() -> TextModel:
    """Return the model, or raise Misconfigured saying how to get it.

    Its weights and its words lie in the package: nothing is fetched, now or later.
    """
    try:
        package = import_module("wordllama")
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "The model that embeds texts is not installed. "
            "Run: pip install -r requirements-text.txt"
        ) from error
    # The package looks for its words in a folder of another name than theirs, unless it is told.
    here = Path(str(package.__file__)).parent
    model = package.WordLlama.load(cache_dir=here, disable_download=True)

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(model.embed(list(texts)), np.float32)

    return embed
