"""What every kind of reason and every language promise each other."""

from string import Formatter

import pytest

from app.domain.explanations import Reason
from app.recommender import reasons
from app.recommender.languages import LANGUAGES
from app.recommender.reasons import KINDS


def missing(kinds, templates):
    """List what these kinds need and a language does not have."""
    return sorted({key for kind in kinds for key in kind.keys} - templates.keys())


def placeholders(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_words_for_every_kind_and_no_others(language):
    templates = LANGUAGES[language]
    assert missing(KINDS, templates) == []
    assert templates.keys() == {key for kind in KINDS for key in kind.keys}


def test_a_kind_that_a_language_does_not_know_is_found():
    class Whim(Reason):
        name = "whim"
        keys = ("whim",)

    assert missing([*KINDS, Whim], LANGUAGES["en"]) == ["whim"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_put_the_same_into_a_sentence(language):
    for key, template in LANGUAGES["en"].items():
        assert placeholders(LANGUAGES[language][key]) == placeholders(template)


def test_every_kind_has_its_place_among_them():
    defined = {
        kind
        for kind in vars(reasons).values()
        if isinstance(kind, type) and issubclass(kind, Reason) and hasattr(kind, "name")
    }
    assert defined == set(KINDS)
    assert len(KINDS) == len(defined)
