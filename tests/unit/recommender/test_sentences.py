"""Reasons in a sentence, in English and in Chinese."""

import pytest

from app.recommender.sentences import sentence

TEA = {"item_id": "t1", "title": "Sencha green tea"}


def done(did, **more):
    return {"because": [{**TEA, "share": 0.9, "did": did, **more}]}


@pytest.mark.parametrize(
    ("reasons", "en", "zh"),
    [
        (done("rated"), "Because you rated Sencha green tea", "因为您评价过“Sencha green tea”"),
        (
            done("viewed"),
            "Because you looked at Sencha green tea",
            "因为您浏览过“Sencha green tea”",
        ),
        (done("bought"), "Because you bought Sencha green tea", "因为您购买了“Sencha green tea”"),
        (
            done("carted"),
            "Because you put Sencha green tea into your cart",
            "因为您将“Sencha green tea”加入了购物车",
        ),
        (done("liked"), "Because you like Sencha green tea", "因为您喜欢“Sencha green tea”"),
        (done("sniffed at"), "Because of Sencha green tea", "与“Sencha green tea”有关"),
        (
            {"neighbours": {"count": 3, "of": 50}},
            "Shoppers with a taste like yours like this",
            "与您口味相近的顾客也喜欢",
        ),
        ({"similar_to": TEA}, "Similar to Sencha green tea", "与“Sencha green tea”相似"),
        (
            {"similar_to": TEA, "liked_with": {**TEA, "share": 0.6, "shoppers": 9, "of": 20}},
            "Shoppers who like Sencha green tea like this too",
            "喜欢“Sencha green tea”的顾客也喜欢",
        ),
        (
            {"similar_to": TEA, "liked_with": {**TEA, "share": 0.4, "shoppers": 2, "of": 20}},
            "Similar to Sencha green tea",
            "与“Sencha green tea”相似",
        ),
        (
            {"bought_together": [{"with": TEA}, {"with": {"item_id": "c"}}]},
            "Often bought together with Sencha green tea",
            "常与“Sencha green tea”一起购买",
        ),
        (
            {"session": [{"after": TEA, "share": 0.2}]},
            "Shoppers often go on to this after Sencha green tea",
            "看过“Sencha green tea”的顾客接下来常看",
        ),
        (
            {"buy_again": {"times": 3, "usual_days": 13.7}},
            "You usually buy this again every 14 days",
            "您通常每14天会再次购买",
        ),
        (
            {"buy_again": {"times": 9, "usual_days": 0.7}},
            "You usually buy this again every day",
            "您通常每天都会再次购买",
        ),
        (
            {"buy_again": {"times": 2, "usual_days": 30.0}},
            "You have bought this before",
            "您曾经购买过",
        ),
        ({"recently_viewed": {"hours_ago": 2}}, "You looked at this lately", "您最近浏览过"),
        ({"context": {"hour": 1.4}}, "Bought more at this time of day", "这个时段的购买量更高"),
        (
            {"context": {"weekday": 1.4, "hour": 1.1}},
            "Bought more on this day of the week",
            "每周这一天的购买量更高",
        ),
        (
            {"context": {"device": 1.2}},
            "Bought more on devices like yours",
            "使用同类设备的顾客购买更多",
        ),
        (
            {"context": {"country": 2.0}},
            "Bought more in your country",
            "您所在的国家或地区购买更多",
        ),
        ({"popular": {"ratings": 4}}, "Popular", "热门商品"),
        (
            {"popular": {"category": "Drinks|Tea", "window": "week"}},
            "Popular in Tea this week",
            "本周“Tea”热门商品",
        ),
        ({"popular": {"window": "day"}}, "Popular today", "今日热门商品"),
        ({"popular": {"window": "month"}}, "Popular this month", "本月热门商品"),
        ({"popular": {"window": "all", "category": "茶"}}, "Popular in 茶", "“茶”热门商品"),
        ({"trending": {}}, "Trending", "人气上升"),
        ({"trending": {"category": "Tea"}}, "Trending in Tea", "“Tea”人气上升"),
        ({"new": {}}, "New", "新品上架"),
        ({"new": {"category": "Drinks|Tea"}}, "New in Tea", "“Tea”新品上架"),
        ({"popular": {"events": 0, "window": "day"}}, "From our range", "来自本店商品"),
        ({"popular": {"ratings": 0}}, "From our range", "来自本店商品"),
        ({}, "From our range", "来自本店商品"),
    ],
)
def test_every_kind_of_reason_has_its_words(reasons, en, zh):
    assert sentence({"parts": {}} | reasons) == {"en": en, "zh": zh}


def test_the_strongest_deed_is_named():
    weak = {"item_id": "c", "title": "Cup", "share": 0.2, "did": "bought"}
    strong = {"item_id": "p", "title": "Pot", "share": 0.7, "did": "viewed"}
    assert sentence({"because": [weak, strong]})["en"] == "Because you looked at Pot"


def test_a_deed_without_a_word_for_it_was_a_rating():
    assert sentence({"because": [{**TEA, "share": 1.0}]})["en"].startswith("Because you rated")


@pytest.mark.parametrize("title", [None, ""])
def test_without_a_title_the_id_stands_there(title):
    assert sentence(done("bought", title=title)) == {
        "en": "Because you bought t1",
        "zh": "因为您购买了“t1”",
    }


def test_a_title_is_taken_as_it_is():
    assert sentence({"similar_to": {"item_id": "x", "title": "{item} {0}"}})["en"] == (
        "Similar to {item} {0}"
    )


def test_what_the_shopper_did_goes_before_what_others_do():
    others = {"neighbours": {"count": 3}, "popular": {"ratings": 9}}
    assert sentence(done("bought") | others)["en"] == "Because you bought Sencha green tea"
    assert sentence({"because": []} | others)["en"].startswith("Shoppers with a taste")
    nobody = {"because": [], "neighbours": {"count": 0}, "popular": {"ratings": 9}}
    assert sentence(nobody)["en"] == "Popular"


def test_what_lifts_nothing_is_no_reason():
    assert sentence({"context": {"hour": 1.0, "device": 0.6}, "popular": {"ratings": 1}}) == {
        "en": "Popular",
        "zh": "热门商品",
    }
