"""The sentence that explains an item, in every language."""

from collections.abc import Iterable, Mapping

from app.domain.explanations import Reason, Said
from app.recommender.languages import LANGUAGES
from app.recommender.reasons import KINDS, Unknown

_PLACE = {kind: place for place, kind in enumerate(KINDS)}


def sentences(reasons: Iterable[Reason]) -> dict[str, str]:
    """Return one sentence by language, about the most telling of the reasons."""
    said = _strongest(reasons)
    return {language: _in_words(said, templates) for language, templates in LANGUAGES.items()}


def _strongest(reasons: Iterable[Reason]) -> Said:
    ordered = sorted(reasons, key=lambda reason: _PLACE[type(reason)])
    said = [said for reason in ordered if (said := reason.said()) is not None]
    return min(said, key=lambda sentence: sentence.weak, default=Unknown().said())


def _in_words(said: Said, templates: Mapping[str, str]) -> str:
    values = {
        name: _in_words(value, templates) if isinstance(value, Said) else value
        for name, value in said.values.items()
    }
    return templates[said.key].format(**values)
