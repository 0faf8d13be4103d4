"""Reasons in a sentence, in English and in Chinese."""

import pytest

from app.domain.explanations import Named
from app.recommender.reasons import (
    After,
    Because,
    Before,
    Beside,
    BoughtTogether,
    BuyAgain,
    Context,
    Deed,
    LikedWith,
    Neighbours,
    New,
    NextAfter,
    Popular,
    PopularLately,
    RecentlyViewed,
    SimilarTo,
    Spaces,
    Trending,
    Unknown,
)
from app.recommender.sentences import sentences

TEA = Named("t1", "Sencha green tea")
CUP = Named("c", None)
POPULAR = Popular(4, None)


def because(*items, did="rated"):
    share = 1 / max(1, len(items))
    return Because(tuple(Deed(item, did, 5.0, share) for item in items))


def beside(item, others=8):
    return Beside(item, orders=8, of=20, lift=2.0, part=0.5, others=others)


def trend(window="week", category=None):
    return Trending(2.0, 20.0, 10.0, window, category)


@pytest.mark.parametrize(
    ("reason", "en", "zh"),
    [
        (because(TEA), "Because you rated Sencha green tea", "因为您评价过“Sencha green tea”"),
        (
            Neighbours(3, 50, ()),
            "Shoppers with a taste like yours like this",
            "与您口味相近的顾客也喜欢",
        ),
        (SimilarTo(TEA), "Similar to Sencha green tea", "与“Sencha green tea”相似"),
        (
            LikedWith(TEA, 9, of=20, share=0.6, others=8),
            "Shoppers who like Sencha green tea like this too",
            "喜欢“Sencha green tea”的顾客也喜欢",
        ),
        (
            BoughtTogether((beside(TEA), beside(CUP))),
            "Often bought together with Sencha green tea",
            "常与“Sencha green tea”一起购买",
        ),
        (
            NextAfter((After(TEA, 0.2, others=3),)),
            "Shoppers often go on to this after Sencha green tea",
            "顾客在“Sencha green tea”之后常会选择它",
        ),
        (
            BuyAgain(3, usual_days=13.7, last_days_ago=1.0),
            "You usually buy this again every 14 days",
            "您通常每14天会再次购买",
        ),
        (
            BuyAgain(9, usual_days=0.7, last_days_ago=1.0),
            "You usually buy this again every day",
            "您通常每天都会再次购买",
        ),
        (
            BuyAgain(2, usual_days=30.0, last_days_ago=1.0),
            "You have bought this before",
            "您曾经购买过",
        ),
        (RecentlyViewed(2.0), "You looked at this recently", "您最近浏览过"),
        (RecentlyViewed(31 * 24.0), "You have looked at this before", "您曾经浏览过"),
        (Before("search"), "You have looked at this before", "您曾经浏览过"),
        (Before("purchase"), "You have bought this before", "您曾经购买过"),
        (Before("cart_add"), "You have shown an interest in this", "您曾对此感兴趣"),
        (
            because(TEA, did="a kind of the shop's own"),
            "Because of Sencha green tea",
            "与“Sencha green tea”有关",
        ),
        (because(TEA, did=None), "Because of Sencha green tea", "与“Sencha green tea”有关"),
        (
            Neighbours(2, 50, ()),
            "Someone with a taste like yours likes this",
            "有与您口味相近的顾客喜欢",
        ),
        (
            LikedWith(TEA, 3, of=20, share=0.6, others=2),
            "Someone who likes Sencha green tea likes this too",
            "有喜欢“Sencha green tea”的顾客也喜欢",
        ),
        (
            BoughtTogether((beside(TEA, others=2),)),
            "Bought together with Sencha green tea before",
            "曾与“Sencha green tea”一起购买",
        ),
        (
            NextAfter((After(TEA, 0.2, others=2),)),
            "Someone else went on to this after Sencha green tea",
            "有顾客在“Sencha green tea”之后选择了它",
        ),
        (
            NextAfter((After(TEA, 0.2, others=2), After(CUP, 0.1, others=3))),
            "Shoppers often go on to this after c",
            "顾客在“c”之后常会选择它",
        ),
        (
            Context(1.4, "morning", {"hour": 1.4}),
            "Items like this are more popular at this time of day",
            "这类商品在这个时段更受欢迎",
        ),
        (
            Context(1.4, "morning", {"weekday": 1.4, "hour": 1.1}),
            "Items like this are more popular at this time of the week",
            "这类商品在一周的这个时候更受欢迎",
        ),
        (
            Context(1.2, "morning", {"device": 1.2}),
            "Items like this are more popular on devices like yours",
            "这类商品在同类设备上更受欢迎",
        ),
        (
            Context(2.0, "morning", {"country": 2.0}),
            "Items like this are more popular in your country",
            "这类商品在您所在的国家或地区更受欢迎",
        ),
        (POPULAR, "Popular", "热门商品"),
        (Popular(1, "Drinks|Tea"), "Popular in Tea", "“Tea”热门商品"),
        (
            PopularLately("week", "Drinks|Tea", 9),
            "Popular in Tea this week",
            "本周“Tea”热门商品",
        ),
        (PopularLately("day", None, 1), "Popular today", "今日热门商品"),
        (PopularLately("month", None, 1), "Popular this month", "本月热门商品"),
        (PopularLately("all", "茶", 1), "Popular in 茶", "“茶”热门商品"),
        (trend(), "Trending this week", "本周人气上升"),
        (trend("day", "Tea"), "Trending in Tea today", "今日“Tea”人气上升"),
        (New(3.0, None), "New", "新品上架"),
        (New(3.0, "Drinks|Tea"), "New in Tea", "“Tea”新品上架"),
        (Unknown(), "From our range", "来自本店商品"),
    ],
)
def test_every_kind_of_reason_has_its_words(reason, en, zh):
    assert sentences([reason]) == {"en": en, "zh": zh}


@pytest.mark.parametrize(
    "reason",
    [
        because(),
        BoughtTogether(()),
        NextAfter(()),
        LikedWith(TEA, 5, of=20, share=0.4, others=4),
        LikedWith(TEA, 1, of=20, share=0.9, others=0),
        NextAfter((After(TEA, 0.2, others=0),)),
        Neighbours(0, 50, ()),
        Context(0.6, "morning", {"hour": 1.0, "device": 0.6}),
        Spaces({"features": 0.4, "image": 0.6}),
        PopularLately("day", None, 0),
        Popular(0, None),
    ],
)
def test_what_says_nothing_leaves_it_to_the_next(reason):
    assert sentences([reason])["en"] == "From our range"
    assert sentences([reason, trend()])["en"] == "Trending this week"


@pytest.mark.parametrize("title", [None, ""])
def test_without_a_title_the_id_stands_there(title):
    assert sentences([because(Named("t1", title))]) == {
        "en": "Because you rated t1",
        "zh": "因为您评价过“t1”",
    }


def test_a_title_is_taken_as_it_is():
    assert sentences([SimilarTo(Named("x", "{item} {0}"))])["en"] == "Similar to {item} {0}"


@pytest.mark.parametrize("turn", [1, -1])
def test_what_the_shopper_did_goes_before_what_others_do(turn):
    others = [Neighbours(3, 50, ()), POPULAR]
    assert sentences([*others, because(TEA)][::turn])["en"].startswith("Because you")
    assert sentences([*others, because()][::turn])["en"].startswith("Shoppers with a taste")
    assert sentences([Neighbours(0, 0, ()), POPULAR, because()][::turn])["en"] == "Popular"


@pytest.mark.parametrize(
    "few", [BoughtTogether((beside(CUP, others=2),)), NextAfter((After(CUP, 0.2, others=2),))]
)
def test_what_a_few_others_did_gives_way(few):
    assert sentences([few, because(TEA)])["en"] == "Because you rated Sencha green tea"
    assert sentences([few, POPULAR])["en"] == "Popular"
