"""Variants as texts."""

import pytest

from app.domain.errors import InvalidInput
from app.domain.recommendations import Window
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.offline.evaluation.variants import parsed

VALUES = {
    "strategy": Strategy,
    "k": int,
    "similarity": Similarity,
    "w_user": float,
    "w_item": float,
}


def checked(changes):
    """Return settings from texts, as the API would."""
    if "weights" in changes:
        return {"weights": {kind: float(weight) for kind, weight in changes["weights"].items()}}
    try:
        return {name: VALUES[name](text) for name, text in changes.items()}
    except ValueError as error:
        raise InvalidInput("k", "is no number") from error


def test_a_variant_differs_from_the_shop_by_what_it_names():
    shop = ShopSettings(k=30, w_ease=0.5)
    one, other, third = (
        parsed(text, shop, checked)
        for text in (
            "user,k=100,similarity=jaccard",
            "hybrid,w_user=0.8,w_item=0.2",
            "weights.view=0.25",
        )
    )
    assert one.settings.strategy is Strategy.USER
    assert (one.settings.k, one.settings.similarity) == (100, Similarity.JACCARD)
    assert one.parameters == {"k": "100", "similarity": "jaccard"}
    assert other.query == {"w_user": 0.8, "w_item": 0.2}
    assert other.settings.k == 30
    assert third.settings.weights == {**shop.weights, "view": 0.25}
    day = parsed("popular,window=day", shop, checked)
    assert (day.shelf, day.query["window"]) == ("popular", Window.DAY)


@pytest.mark.parametrize(
    "text", ["psychic", "user,k", "user,k=many", "random,k=3", "popular,window=x"]
)
def test_a_variant_that_cannot_be_is_refused(text):
    with pytest.raises(InvalidInput, match="--compare"):
        parsed(text, ShopSettings(), checked)
