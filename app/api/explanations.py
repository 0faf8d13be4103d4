"""Explanations as JSON, with a sentence in every language."""

from typing import Any

from app.domain.explanations import Explanation
from app.recommender.sentences import sentences

_DIGITS = 12  # the order in which a worker's rows stand may show in the last ones


def explained(explanation: Explanation) -> dict[str, Any]:
    """Return the parts, each reason by its name, and the strongest as `text`."""
    return {
        "parts": {str(name): round(part, _DIGITS) for name, part in explanation.parts.items()},
        **{reason.name: reason.to_json() for reason in explanation.reasons},
        "text": sentences(explanation.reasons),
    }
