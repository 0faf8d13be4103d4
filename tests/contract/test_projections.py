"""What every projection promises: whichever way its state came about, it is the same state."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.domain.accounts import Account, ApiKey, Credentials, Role
from app.domain.catalogue import Item
from app.domain.changes import Change, Collection
from app.domain.events import Event, EventContext, EventKey
from app.domain.filters import Filters
from app.domain.ratings import Rating
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.domain.subjects import of_session
from app.live.encoding import encode_item
from app.live.projections.projection import Projection
from tests.unit.engine.builders import mapped

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)
PEOPLE = ("ann", "bob", "cid/绿")
THINGS = ("tea", "cup", "kettle", "绿茶")


@dataclass(frozen=True)
class Case:
    """One projection: where it hangs, what happens to its collection, and what it answers."""

    name: str
    story: Callable[[Repositories], None]
    answers: Callable[[Live], Any]
    collection: Collection
    spoil: dict[str, Any]
    """Changes one stored document behind the projection's back."""
    stands_on: tuple[str, ...] = ()
    """Projections that are told the same before it."""

    def of(self, live: Live) -> list[Projection]:
        """Return the projection, last, and those it stands on."""
        return [getattr(live, name) for name in (*self.stands_on, self.name)]

    def apply(self, live: Live, change: Change) -> None:
        for projection in self.of(live):
            projection.apply(change)
        live.later.run()  # as the feed does after each batch

    def load(self, live: Live) -> None:
        for projection in self.of(live):
            projection.load()


def settings_story(repositories: Repositories) -> None:
    repositories.settings.replace(ShopSettings(version=1, k=7))
    changed = ShopSettings(2, Strategy.USER, 0.1, 0.9, 9, Similarity.JACCARD, 0.25)
    repositories.settings.replace(changed)


def key_of(name: str, role: Role, *origins: str) -> ApiKey:
    return ApiKey(name, role, f"digest of {name}", f"label {name}", origins, NOW)


def models_story(repositories: Repositories) -> None:
    repositories.settings.replace(ShopSettings(version=1, models={"ease": 1}))
    repositories.settings.replace(ShopSettings(version=2, models={"ease": 2, "als": 1}))


def keys_story(repositories: Repositories) -> None:
    repositories.keys.add(key_of("a", Role.ADMIN))
    repositories.keys.add(key_of("b", Role.BROWSER, "https://shop.example", "https://x.example"))
    repositories.keys.add(key_of("c", Role.STOREFRONT))
    repositories.keys.remove("a")


def accounts_story(repositories: Repositories) -> None:
    for number, person in enumerate(PEOPLE):
        account = Account(person, f"epoch {number}", NOW)
        repositories.accounts.add(Credentials(account, "hash"))
    again = Credentials(Account("ann", "epoch 9", NOW), "hash")
    repositories.accounts.replace(again, expected_epoch="epoch 0")
    repositories.accounts.remove("bob")


def item_of(item_id: str, **columns: Any) -> Item:
    item = Item(item_id, created_at=NOW, updated_at=NOW, **columns)
    return Item(item_id, created_at=NOW, updated_at=NOW, encoding=encode_item(item), **columns)


LITRES = {"litres": 1.5, "electric": True, "size": "XL"}
ODD = {"$ref": "x", "a.b": False, "名": "绿"}
FILTERS = [
    Filters(in_stock=True),
    Filters(any_category=("Drinks",)),
    Filters(brands=("Uji", "Gone"), price_to=99.0),
    Filters(tags=("green", "new")),
    Filters(attributes=(("litres", ("1.5",)), ("electric", ("true",)))),
    Filters(attributes=(("$ref", ("x", "y")), ("a.b", ("false",)), ("名", ("绿",)))),
    Filters(tags=("old",)),
]


def catalogue_story(repositories: Repositories) -> None:
    items = repositories.items
    items.add(item_of("tea", title="Tea", category="Drinks|Tea", price=3.5, brand="Uji"))
    items.add(item_of("绿茶", title="绿茶", category="Drinks|Tea", tags=("green",)))
    items.replace_many([item_of("绿茶", title="绿茶", tags=("green", "new"), attributes=ODD)])
    items.add(item_of("cup", title="Cup", features=(1.0, -2.0, 0.5)))
    items.add(item_of("kettle", title="Kettle", features=(0.25, 0.0, 2.0), in_stock=False))
    items.add(item_of("gone", title="Gone", features=(1.0, 1.0, 1.0)))
    items.replace_many([item_of("tea", title="Tea, new", category="Drinks|Tea", brand="Uji")])
    items.replace_many([item_of("cup", title="Cup", tags=("old",), in_stock=False)])
    items.replace_many([item_of("cup", brand="Uji", price=2.0, features=(1.0, -2.0, 0.5))])
    kettle = item_of("kettle", title="Kettle", category="Kitchen", attributes=LITRES)
    items.replace_many([replace(kettle, vectors={"text": (1.0, 3.0), "image": (-2.0,)})])
    tea = item_of("tea", title="Tea, new", category="Drinks|Tea", brand="Uji")
    items.replace_many([replace(tea, vectors={"text": (0.5, -0.1)}, group_id="teas")])
    items.replace_many([item_of("gone", title="Gone", vectors={"gone": (1.0,)})])
    items.remove("gone")


def preferences_story(repositories: Repositories) -> None:
    ratings = repositories.ratings
    for number, person in enumerate(PEOPLE):
        for value, thing in enumerate(THINGS[number:], start=1):
            ratings.put(Rating(person, thing, value + 0.1, NOW))
    ratings.put(Rating("ann", "tea", 5.0, NOW))
    ratings.remove("ann", "cup")
    ratings.put_many([Rating("ann", "kettle", 1.0), Rating("dan", "tea", 2.0, NOW)])
    ratings.remove("dan", "tea")


def settings_answers(live: Live) -> Any:
    return live.settings.current


def models_answers(live: Live) -> Any:
    return live.models.wanted


def keys_answers(live: Live) -> Any:
    return {name: live.keys.find(f"digest of {name}") for name in "abc"}


def accounts_answers(live: Live) -> Any:
    return len(live.accounts), {person: live.accounts.epoch(person) for person in PEOPLE}


def catalogue_answers(live: Live) -> Any:
    items = live.tables.items
    found: dict[str, Any] = {"count": len(live.catalogue), "shown": set()}
    for asked in FILTERS:
        mask = live.catalogue.mask()
        live.catalogue.facets.narrow(asked, mask)
        found[str(asked)] = {items.id(row) for row in np.flatnonzero(mask).tolist()}
    for row in np.flatnonzero(live.catalogue.mask()).tolist():
        found["shown"].add(items.id(row))
    for thing in (*THINGS, "gone"):
        row = live.catalogue.row(thing)
        if row is None:
            continue
        scores = live.tables.features.similar(row)
        alike = {other: live.catalogue.row(other) for other in THINGS}
        found[thing] = (
            live.catalogue.product(row),
            {other: round(float(scores[at]), 12) for other, at in alike.items() if at is not None},
        )
    return found


def preferences_answers(live: Live) -> Any:
    preferences = live.tables.preferences
    people = (*PEOPLE, "dan")
    return preferences.shoppers, {person: sorted(preferences.of_user(person)) for person in people}


def event_of(person: str, event_id: str, kind: str, thing: str | None, **more: Any) -> Event:
    at = NOW - timedelta(minutes=len(event_id) + ord(event_id[-1]))
    return Event(EventKey(person, event_id), kind, thing, at, NOW, **more)


def history_story(repositories: Repositories) -> None:
    events = repositories.events
    for number, person in enumerate((*PEOPLE, of_session("anonymous"))):
        bought = {"order_id": "o1", "price": 2.5, "quantity": 300}
        told = [event_of(person, f"b{n}", "purchase", t, **bought) for n, t in enumerate(THINGS)]
        events.add_many(told[number:])
        events.add_many([event_of(person, f"v{n}", "view", t) for n, t in enumerate(THINGS)])
    where = EventContext(device="mobile", country="DE", page="/", recommendation_id="r")
    events.add_many([event_of("ann", "in", "like", "tea", context=where)])
    events.add_many([event_of("ann", "s", "search", None, query="tea")])
    events.add_many([event_of("dan", "gone", "wish", "cup")])
    events.remove_many([EventKey("dan", "gone"), EventKey("ann", "b0"), EventKey("bob", "v2")])


def history_answers(live: Live) -> Any:
    history, found = live.tables.history, {}
    for person in (*PEOPLE, of_session("anonymous"), "dan"):
        events = history.of_subject(person)
        things = [history.items.id(int(row)) for row in events["item"]]
        names = ("at", "hash", "order", "price", "quantity", "kind")
        found[person] = (things, [events[name].tolist() for name in names])
    return len(history), history.orders, str(found)


def activity_answers(live: Live) -> Any:
    sums = live.tables.activity.by_id(int(NOW.timestamp() * 1000))
    return {item: tuple(round(each, 9) for each in of_item) for item, of_item in sums.items()}


CASES = [
    Case("settings", settings_story, settings_answers, Collection.SETTINGS, {"k": 99}),
    Case("keys", keys_story, keys_answers, Collection.KEYS, {"label": "other"}),
    Case("accounts", accounts_story, accounts_answers, Collection.USERS, {"epoch": "other"}),
    Case("catalogue", catalogue_story, catalogue_answers, Collection.ITEMS, {"title": "other"}),
    Case("history", history_story, history_answers, Collection.EVENTS, {"kind": "share"}),
    Case(
        "preferences", preferences_story, preferences_answers, Collection.RATINGS, {"rating": 1.5}
    ),
    Case(
        "activity",
        history_story,
        activity_answers,
        Collection.EVENTS,
        {"kind": "share"},
        stands_on=("history",),
    ),
    Case(
        "models",
        models_story,
        models_answers,
        Collection.SETTINGS,
        {"models": {"ease": 9}},
        stands_on=("settings",),
    ),
]


@pytest.fixture
def repositories(mongo_uri: str) -> Iterator[Repositories]:
    name = f"test_{uuid4().hex[:12]}"
    repositories = Repositories(mongo_uri, name)
    yield repositories
    repositories.store.client.drop_database(name)
    repositories.store.close()


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@dataclass(frozen=True)
class Told:
    """A story that has happened: the database, and what the feed said of it."""

    repositories: Repositories
    changes: list[Change]


@pytest.fixture
def told(case: Case, repositories: Repositories) -> Told:
    begin = repositories.changes.now()
    case.story(repositories)
    end = repositories.changes.now().position
    changes: list[Change] = []
    for batch in repositories.changes.follow(begin.resume_token):
        changes += batch.changes
        if batch.position >= end:
            break
    return Told(repositories, changes)


def empty(repositories: Repositories) -> Live:
    """Give memory whose projections stand alone: one is told of, the others hear nothing."""
    live = Live(repositories, clock=NOW.timestamp)
    live.history.watchers.clear()
    return live


def applied(case: Case, told: Told, *, times: int = 1) -> Live:
    live = empty(told.repositories)
    for change in told.changes:
        for _ in range(times):
            case.apply(live, change)
    return live


def loaded(case: Case, told: Told) -> Live:
    live = empty(told.repositories)
    case.load(live)
    return live


def beneath(live: Live) -> list[Projection]:
    """Return what follows no collection: the others fill it, so it is under every story."""
    return [projection for projection in live.all if not projection.collections]


def test_every_projection_is_told_a_story() -> None:
    live = Live(Repositories("mongodb://127.0.0.1:1", "unused"))
    following = {p.name for p in live.all} - {p.name for p in beneath(live)}
    assert following ^ {case.name for case in CASES} == set()
    for case in CASES:
        *_, projection = case.of(live)
        assert projection.name == case.name
        assert case.collection in projection.collections


def test_the_story_is_worth_telling(case: Case, told: Told) -> None:
    assert len(told.changes) >= 2
    assert case.answers(loaded(case, told)) != case.answers(empty(told.repositories))


def test_loading_is_applying_everything(case: Case, told: Told) -> None:
    one, other = loaded(case, told), applied(case, told)
    assert case.answers(one) == case.answers(other)
    assert differences(case, one, told.repositories) == []
    assert differences(case, other, told.repositories) == []


def test_a_change_applied_twice_counts_once(case: Case, told: Told) -> None:
    live = applied(case, told, times=2)
    assert case.answers(live) == case.answers(applied(case, told))
    assert differences(case, live, told.repositories) == []


def test_changes_told_again_change_nothing(case: Case, told: Told) -> None:
    """The feed begins before the load, so that it tells of what has been loaded."""
    live = loaded(case, told)
    for change in told.changes:
        case.apply(live, change)
    assert case.answers(live) == case.answers(loaded(case, told))


def test_loading_again_changes_nothing(case: Case, told: Told) -> None:
    live = loaded(case, told)
    before = case.answers(live)
    case.load(live)
    assert case.answers(live) == before


def test_loading_drops_what_is_gone(case: Case, told: Told) -> None:
    live = loaded(case, told)
    told.repositories.store.collection(case.collection).delete_many({})
    case.load(live)
    assert case.answers(live) == case.answers(empty(told.repositories))


def test_a_dump_brings_everything_back(case: Case, told: Told) -> None:
    live = applied(case, told)
    other = reborn(case, live, told.repositories)
    assert case.answers(other) == case.answers(live)
    assert differences(case, other, told.repositories) == []
    twice = reborn(case, other, told.repositories)
    assert case.answers(twice) == case.answers(live)
    for change in told.changes:  # and it lives on
        case.apply(twice, change)
    assert case.answers(twice) == case.answers(live)
    assert differences(case, twice, told.repositories) == []


def test_what_came_after_a_restore_wins(case: Case, told: Told) -> None:
    live = empty(told.repositories)
    half = len(told.changes) // 2
    for change in told.changes[:half]:
        case.apply(live, change)
    other = reborn(case, live, told.repositories)
    for change in told.changes[half:]:
        case.apply(other, change)
    assert case.answers(other) == case.answers(applied(case, told))
    assert differences(case, other, told.repositories) == []
    assert differences(case, reborn(case, other, told.repositories), told.repositories) == []


def test_an_empty_state_can_be_dumped(case: Case, repositories: Repositories) -> None:
    live = empty(repositories)
    other = reborn(case, live, repositories)
    assert case.answers(other) == case.answers(live)


@pytest.mark.parametrize("person", PEOPLE)
def test_forgetting_leaves_no_trace(case: Case, told: Told, person: str) -> None:
    live = loaded(case, told)
    for projection in case.of(live):
        for somebody in (person, person, "a stranger"):
            projection.forget(somebody)
    for projection in (*beneath(live), *case.of(live)):
        dump = projection.dump().values()
        assert not any(person.encode() in array.tobytes() for array in dump)
    told.repositories.store.collection(Collection.USERS).delete_many({"_id": person})
    told.repositories.store.collection(Collection.RATINGS).delete_many({"_id.user_id": person})
    told.repositories.store.collection(Collection.EVENTS).delete_many({"_id.subject": person})
    assert differences(case, live, told.repositories) == []
    assert case.answers(live) == case.answers(loaded(case, told))


def test_differences_tell_what_was_changed_behind_its_back(case: Case, told: Told) -> None:
    live = loaded(case, told)
    assert differences(case, live, told.repositories) == []
    collection = told.repositories.store.collection(case.collection)
    first = collection.find_one(sort=[("_id", 1)])
    assert first is not None
    collection.update_one({"_id": first["_id"]}, {"$set": case.spoil})
    found = differences(case, live, told.repositories)
    assert found if case.stands_on else len(found) == 1
    collection.delete_one({"_id": first["_id"]})
    assert differences(case, live, told.repositories)
    collection.insert_one(first)
    assert differences(case, live, told.repositories) == []


def reborn(case: Case, live: Live, repositories: Repositories) -> Live:
    """Restore what was dumped into new memory, what stands beneath first."""
    other = empty(repositories)
    olds, news = ((*beneath(memory), *case.of(memory)) for memory in (live, other))
    for old, new in zip(olds, news, strict=True):
        dump = old.dump()
        assert all(array.dtype != object for array in dump.values())
        new.restore(mapped(dump))
    return other


def differences(case: Case, live: Live, repositories: Repositories) -> list[str]:
    """Hold the projection, and what is under it, against ones that are built anew."""
    rebuilt = empty(repositories)
    case.load(rebuilt)
    mine, theirs = ((*case.of(memory), *beneath(memory)) for memory in (live, rebuilt))
    pairs = zip(mine, theirs, strict=True)
    return [line for one, other in pairs for line in one.differences(other)]


def test_a_dropped_collection_empties(case: Case, told: Told) -> None:
    live = loaded(case, told)
    case.apply(live, Change(case.collection, None))
    assert case.answers(live) == case.answers(empty(told.repositories))
    told.repositories.store.database.drop_collection(case.collection)
    assert differences(case, live, told.repositories) == []
    for change in told.changes:
        case.apply(live, change)
    assert case.answers(live) == case.answers(applied(case, told))


def test_the_feed_says_what_a_scan_says(case: Case, told: Told) -> None:
    """What a change carries is what a reader of the database gets, times and zones included."""
    last = {change.key: change.value for change in told.changes}
    stored = {
        Collection.USERS: lambda r: {a.user_id: a for a in r.accounts.scan()},
        Collection.KEYS: lambda r: {k.key_id: k for k in r.keys.scan()},
        Collection.ITEMS: lambda r: {i.item_id: i for i in r.items.scan()},
        Collection.RATINGS: lambda r: {(x.user_id, x.item_id): x for x in r.ratings.rows()},
        Collection.SETTINGS: lambda r: {"shop": r.settings.get()},
        Collection.EVENTS: lambda r: {event.key: event for event in r.events.rows()},
    }[case.collection](told.repositories)
    assert {key: value for key, value in last.items() if value is not None} == stored


def test_a_vector_of_another_length_does_not_stop_the_feed(repositories: Repositories) -> None:
    """Two workers may each take the first vector of a catalogue at the same moment."""
    live = Live(repositories)
    items = [item_of("three", features=(1.0, 2.0, 3.0)), item_of("two", features=(1.0, 2.0))]
    for item in items:
        repositories.items.add(item)
        live.catalogue.apply(Change(Collection.ITEMS, item.item_id, item))
    assert live.catalogue.has("three")
    assert live.catalogue.has("two")
    Live(repositories).catalogue.load()


def test_a_named_vector_of_another_length_does_not_stop_the_feed(
    repositories: Repositories,
) -> None:
    live = Live(repositories)
    items = [
        item_of("three", vectors={"text": (1.0, 2.0, 3.0)}),
        item_of("two", vectors={"text": (1.0, 2.0), "image": (1.0,)}),
    ]
    for item in items:
        repositories.items.add(item)
        live.catalogue.apply(Change(Collection.ITEMS, item.item_id, item))
    assert [*live.tables.features.named_by_id()["two"]] == ["image"]
    Live(repositories).catalogue.load()
