"""The sentence that explains an item: from machine-readable reasons, in two languages.

What is read of the reasons, where it is there:

    because         [{item_id, title, share, did: rated | viewed | bought | carted | liked}]
    bought_together [{with: {item_id, title}}], the strongest first
    buy_again       {times, usual_days}
    context         {hour | weekday | device | country: how many times as often}
    liked_with      {item_id, title, share: of the score}
    neighbours      {count}
    popular         {ratings or events, category, window}
    recently_viewed nothing
    session         [{after: {item_id, title}}], the strongest first
    similar_to      {item_id, title}
    trending, new   {category, window}
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

LANGUAGES = ("en", "zh")
_A_HABIT = 3  # purchases
_MOST = 0.5
_DEEDS = {"rated", "viewed", "bought", "carted", "liked"}
_CONTEXTS = {"hour", "weekday", "device", "country"}


class Told(NamedTuple):
    """The kind of a sentence, and what goes into it."""

    kind: str
    values: Mapping[str, Any] = MappingProxyType({})
    """A tuple holds a value for each language."""


_TEMPLATES: Mapping[str, tuple[str, str]] = {
    "rated": ("Because you rated {item}", "因为您评价过“{item}”"),
    "viewed": ("Because you looked at {item}", "因为您浏览过“{item}”"),
    "bought": ("Because you bought {item}", "因为您购买了“{item}”"),
    "carted": ("Because you put {item} into your cart", "因为您将“{item}”加入了购物车"),
    "liked": ("Because you like {item}", "因为您喜欢“{item}”"),
    "did": ("Because of {item}", "与“{item}”有关"),
    "neighbours": ("Shoppers with a taste like yours like this", "与您口味相近的顾客也喜欢"),
    "liked_with": ("Shoppers who like {item} like this too", "喜欢“{item}”的顾客也喜欢"),
    "similar_to": ("Similar to {item}", "与“{item}”相似"),
    "bought_together": ("Often bought together with {item}", "常与“{item}”一起购买"),
    "next_after": (
        "Shoppers often go on to this after {item}",
        "看过“{item}”的顾客接下来常看",
    ),
    "every_day": ("You usually buy this again every day", "您通常每天都会再次购买"),
    "every_days": (
        "You usually buy this again every {days} days",
        "您通常每{days}天会再次购买",
    ),
    "buy_again": ("You have bought this before", "您曾经购买过"),
    "recently_viewed": ("You looked at this lately", "您最近浏览过"),
    "hour": ("Bought more at this time of day", "这个时段的购买量更高"),
    "weekday": ("Bought more on this day of the week", "每周这一天的购买量更高"),
    "device": ("Bought more on devices like yours", "使用同类设备的顾客购买更多"),
    "country": ("Bought more in your country", "您所在的国家或地区购买更多"),
    "popular": ("Popular{in_category}{in_window}", "{in_window}{in_category}热门商品"),
    "trending": ("Trending{in_category}{in_window}", "{in_window}{in_category}人气上升"),
    "new": ("New{in_category}{in_window}", "{in_window}{in_category}新品上架"),
    "unknown": ("From our range", "来自本店商品"),
}
"""English and Chinese."""
_WINDOWS: Mapping[str | None, tuple[str, str]] = {
    "day": (" today", "今日"),
    "week": (" this week", "本周"),
    "month": (" this month", "本月"),
}
_NOWHERE = ("", "")


def sentence(reasons: Mapping[str, Any]) -> dict[str, str]:
    """Return one sentence by language, about the strongest of the reasons.

    What the shelf is about goes before what the shopper did, that before what others do.
    """
    told = next(_told(reasons), Told("unknown"))
    return {
        language: _TEMPLATES[told.kind][n].format(**_values_in(n, told))
        for n, language in enumerate(LANGUAGES)
    }


def _values_in(n: int, told: Told) -> dict[str, Any]:
    return {
        name: value[n] if isinstance(value, tuple) else value for name, value in told.values.items()
    }


def _told(reasons: Mapping[str, Any]) -> Iterator[Told]:
    for name, tell in _TELLERS.items():
        reason = reasons.get(name)
        if reason is not None and (told := tell(name, reason)) is not None:
            yield told


def _of_item(kind: str, item: Mapping[str, Any]) -> Told:
    return Told(kind, {"item": item.get("title") or item["item_id"]})


def _buy_again(kind: str, reason: Mapping[str, Any]) -> Told:
    if reason["times"] < _A_HABIT:
        return Told(kind)
    days = round(reason["usual_days"])
    return Told("every_days", {"days": days}) if days > 1 else Told("every_day")


def _with_item(kind: str, entries: Sequence[Mapping[str, Any]]) -> Told | None:
    return _of_item(kind, entries[0]["with"]) if entries else None


def _after_item(_: str, entries: Sequence[Mapping[str, Any]]) -> Told | None:
    return _of_item("next_after", entries[0]["after"]) if entries else None


def _liked_with(kind: str, item: Mapping[str, Any]) -> Told | None:
    return _of_item(kind, item) if item["share"] > _MOST else None


def _plain(kind: str, _: Any) -> Told:
    return Told(kind)


def _because(kind: str, entries: Sequence[Mapping[str, Any]]) -> Told | None:
    if not entries:
        return None
    strongest = max(entries, key=lambda entry: entry.get("share", 0.0))
    did = strongest.get("did", "rated")
    return _of_item(did if did in _DEEDS else "did", strongest)


def _context(kind: str, lifts: Mapping[str, float]) -> Told | None:
    known = {name: lift for name, lift in lifts.items() if name in _CONTEXTS and lift > 1.0}
    return Told(max(known, key=lambda name: known[name])) if known else None


def _neighbours(kind: str, reason: Mapping[str, Any]) -> Told | None:
    return Told(kind) if reason["count"] else None


def _popular(kind: str, reason: Mapping[str, Any]) -> Told | None:
    nobody = reason.get("ratings", reason.get("events")) == 0
    return None if nobody else _in_general(kind, reason)


def _in_general(kind: str, reason: Mapping[str, Any]) -> Told:
    category = (reason.get("category") or "").rpartition("|")[2]
    in_category = (f" in {category}", f"“{category}”") if category else _NOWHERE
    in_window = _WINDOWS.get(reason.get("window"), _NOWHERE)
    return Told(kind, {"in_category": in_category, "in_window": in_window})


_TELLERS: Mapping[str, Callable[[str, Any], Told | None]] = {
    "buy_again": _buy_again,
    "recently_viewed": _plain,
    "bought_together": _with_item,
    "liked_with": _liked_with,
    "similar_to": _of_item,
    "session": _after_item,
    "because": _because,
    "context": _context,
    "neighbours": _neighbours,
    "trending": _in_general,
    "new": _in_general,
    "popular": _popular,
}
"""By the name of the reason, the most telling first."""
