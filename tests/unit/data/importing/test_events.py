import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from app.data.importing import events as importing_events
from app.data.importing.events import EventImport
from app.data.importing.runs import EventOptions
from app.domain import subjects
from app.domain.errors import InvalidInput, StoreUnavailable, UserLeaving
from app.domain.events import NO_CONTEXT, Event, EventContext, EventKey
from tests.unit.data.shop_fakes import FakeEvents, FakeItems, FakeSettings

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday
NEW_YEAR = datetime(2018, 1, 1, tzinfo=UTC)
HEADER = "user_id,item_id,event,timestamp\n"


class Shop:
    """An importer with what it works on."""

    def __init__(self, folder, *item_ids):
        self.folder = folder
        self.items = FakeItems(*item_ids)
        self.events = FakeEvents()
        self.settings = FakeSettings()
        self.now = NOW
        self.importer = EventImport(
            self.events, self.items, self.settings.get, self.items, now=lambda: self.now
        )
        self.rejects = folder / "out" / "rejects.jsonl"

    def load(self, text, name="e.csv", **options):
        path = self.folder / name
        path.write_text(text)
        return self.importer.run(path, EventOptions(rejects=self.rejects, **options))

    def one(self, text, name="e.csv", **options):
        """Import a file of one sound row; return its event."""
        assert self.load(text, name, **options).stored == 1
        return next(iter(self.events.stored.values()))

    def refused(self):
        rows = map(json.loads, self.rejects.read_text().splitlines())
        return {row["line"]: row["reason"] for row in rows}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, "i1", "i2", "007")


def test_every_column_finds_its_place(shop):
    names = [
        "user_id",
        "item_id",
        "event",
        "timestamp",
        "quantity",
        "price",
        "order_id",
        "event_id",
    ]
    names += ["query", "page", "device", "placement", "country", "recommendation_id"]
    cells = ["007", "007", "purchase", "2018-01-01T01:00:00.1234+01:00", "3", "9.5", "36", "e/1"]
    cells += ["green tea", "/cart", "phone", "top", "United Kingdom", "r-1"]
    context = EventContext("/cart", "phone", "top", "United Kingdom", "r-1")
    at = NEW_YEAR.replace(microsecond=123_000)
    assert shop.one(f"{','.join(names)}\n{','.join(cells)}\n") == Event(
        EventKey("007", "e/1"), "purchase", "007", at, NOW, 3, 9.5, "36", "green tea", context
    )


def test_usual_names_and_a_quantity_in_the_value(shop):
    text = "Customer ID,sku,action,value,date,unit_price,Invoice\nu1,i1,Buy,6,1514764800,2.55,C1\n"
    event = shop.one(text)
    assert event[1:] == ("purchase", "i1", NEW_YEAR, NOW, 6, 2.55, "C1", None, NO_CONTEXT)


def test_numbers_of_parquet_are_ids_and_quantities(shop):
    path = shop.folder / "e.parquet"
    columns = {"user": [1], "product_id": ["i1"], "basket_id": [31198570044], "qty": [2.0]}
    pl.DataFrame(columns | {"when": [NEW_YEAR]}).write_parquet(path)
    options = EventOptions(kind="purchase", columns={"timestamp": "when"})
    assert shop.importer.run(path, options).stored == 1
    (event,) = shop.events.stored.values()
    assert (event.key.subject, event.order_id, event.quantity) == ("1", "31198570044", 2)
    assert event.at == NEW_YEAR


def test_a_session_is_a_subject_of_its_own(shop):
    text = "user_id,session_id,item_id,event\n,visit-0001,i1,view\nu1,visit-0001,i1,view\n"
    assert shop.load(text).stored == 2
    assert {key.subject for key in shop.events.stored} == {subjects.of_session("visit-0001"), "u1"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("view", "view"),
        ("PageView", "view"),
        ("add-to-cart", "cart_add"),
        ("addtocart", "cart_add"),
        ("cart", "cart_add"),
        ("Remove From Cart", "cart_remove"),
        ("transaction", "purchase"),
        ("order", "purchase"),
        ("wishlist", "favourite"),
        ("favorite", "favourite"),
        ("refund", "return"),
        (" share ", "share"),
    ],
)
def test_usual_words_for_kinds(shop, word, kind):
    assert shop.one(f"{HEADER}u1,i1,{word},\n").kind == kind


def test_the_users_words_and_the_shops_own_kinds_go_before_usual_ones(shop):
    shop.settings.change({"weights": {**shop.settings.current.weights, "click": 2.0}})
    shop.load(
        HEADER + "u1,i1,click,\nu2,i1,Peek,\nu3,i1,buy,\n",
        kind_map={"peek": "click", "buy": "like"},
    )
    kinds = {event.key.subject: event.kind for event in shop.events.stored.values()}
    assert kinds == {"u1": "click", "u2": "click", "u3": "like"}


def test_each_bad_row_is_refused_with_line_and_reason(shop):
    rows = {
        "u1,i1,view,,": None,
        "u1,i1,compare,,": "event: 'compare' is not known to this shop; known are: cart_add",
        "u1,i1,,,": "event: says no kind",
        ",i1,view,,": "user_id: say whose it is",
        "u1,,view,,": "item_id: say which item; only a search may be without",
        "u1,,search,,": None,
        "u1,i9,view,,": "unknown item",
        "u1,i1,view,soon,": "timestamp: must be ISO 8601 or Unix seconds",
        "u1,i1,view,1514764800000,": "these look like milliseconds",
        "u1,i1,view,-1,": "timestamp: lies before 1970",
        "u1,i1,view,0,": None,
        "u1,i1,view,2026-11-27T12:02:00,": "timestamp: lies in the future",
        "u1,i1,purchase,,0": "quantity: must be a whole number",
        "u1,i1,purchase,,1.5": "quantity: must be a whole number",
        "u1,i1,return,,-2": None,
        "u1,i1": "broken line: 2 cells where the header has 5",
        f"{'u' * 129},i1,view,,": "user_id: must be 1 to 128",
    }
    report = shop.load("user_id,item_id,event,timestamp,quantity\n" + "\n".join(rows))
    refused = shop.refused()
    wanted = {line: reason for line, reason in enumerate(rows.values(), 2) if reason}
    assert sorted(refused) == sorted(wanted)
    assert all(reason in refused[line] for line, reason in wanted.items())
    assert (report.rows, report.stored, report.rejected) == (len(rows), 4, len(wanted))


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("session_id", "short", "session_id: must be 8 to 128"),
        ("price", "-1", "price: must be a number from 0"),
        ("price", "nan", None),
        ("order_id", "o" * 129, "order_id: must be 1 to 128"),
        ("event_id", "e" * 129, "event_id: must be 1 to 128"),
        ("device", "d" * 65, "device: must be text of at most 64"),
        ("query", "q" * 501, "query: must be text of at most 500"),
        ("page", "\0", "page: must be text"),
    ],
)
def test_what_a_cell_may_not_hold(shop, column, cell, reason):
    row = {"user_id": "u1", "item_id": "i1", "event": "view", column: cell}
    report = shop.load(json.dumps(row), "e.jsonl")
    assert report.stored == 0
    assert (reason or "price") in shop.refused()[1]


def test_json_true_is_no_quantity(shop):
    row = {"user_id": "u1", "item_id": "i1", "event": "purchase"}
    lines = [json.dumps(row | {"quantity": quantity}) for quantity in (True, 1)]
    assert shop.load("\n".join(lines), "e.jsonl").rejected == 1


def test_ratings_are_left_to_the_other_command(shop):
    report = shop.load(HEADER + "u1,i1,view,\nu1,i1,rating,\nu1,no such item,Rated,\n")
    assert (report.stored, report.skipped, report.rejected) == (1, 2, 0)
    assert "Rows that are ratings: 2; for those: flask import ratings" in report.notes


def test_columns_that_cannot_be_missing_are_named_with_the_way_out(shop):
    with pytest.raises(InvalidInput, match="--user-column or --session-column"):
        shop.load("item_id,event\ni1,view\n")
    with pytest.raises(InvalidInput, match="--item-column"):
        shop.load("user_id,event\nu1,view\n")
    with pytest.raises(InvalidInput, match=r"--event-column.*--kind"):
        shop.load("user_id,item_id\nu1,i1\n")
    assert shop.one("user_id,item_id\nu1,i1\n", kind="purchase").kind == "purchase"


def test_kinds_the_user_names_must_be_known(shop):
    with pytest.raises(InvalidInput, match="'stare' is not known"):
        shop.load(HEADER, kind="stare")
    with pytest.raises(InvalidInput, match="'stare' is not known"):
        shop.load(HEADER, kind_map={"look": "stare"})


def test_rows_without_time_get_that_of_the_import_or_the_users(shop):
    assert shop.load(HEADER + "u1,i1,view,\nu1,i1,view,1514764800\n").notes == [
        "Rows without a time: 1; they were given the time of this import, 2026-11-27T12:00:00+00:00"
    ]
    assert {event.at for event in shop.events.stored.values()} == {NOW, NEW_YEAR}
    shop.events.stored.clear()
    assert shop.one(HEADER + "u1,i1,view,\n", default_time=NEW_YEAR).at == NEW_YEAR


def test_times_move_by_whole_weeks_into_the_last_one(shop):
    report = shop.load(
        HEADER + "u1,i1,view,2018-01-01\nu1,i2,view,2018-01-06T08:30\nu1,i1,like,\n",
        shift_to_now=True,
    )
    by_item = {
        event.item_id: event.at for event in shop.events.stored.values() if event.kind == "view"
    }
    assert by_item["i2"] == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)  # Saturdays
    assert by_item["i2"] - by_item["i1"] == timedelta(days=5, hours=8, minutes=30)
    assert "All times were moved by 463 weeks" in report.notes


def test_where_and_create_items(shop):
    text = "user_id,item_id,event,country\nu1,new,view,FR\nu2,i1,view,UK\n"
    report = shop.load(text, where=[("country", "FR")], create_items=True)
    assert (report.stored, report.skipped) == (1, 1)
    assert shop.items.find("new").title is None


ROWS = HEADER + "".join(
    f"u{n % 5},i{n % 2 + 1},{('view', 'like', 'purchase')[n % 3]},{n // 60}\n" for n in range(240)
)


def test_equal_rows_are_events_each_and_a_repeated_import_stores_none_twice(shop, monkeypatch):
    monkeypatch.setattr(importing_events, "BATCH", 7)
    assert shop.load(ROWS + ROWS.removeprefix(HEADER)).stored == 480
    stored = dict(shop.events.stored)
    shop.now += timedelta(days=20)
    monkeypatch.setattr(importing_events, "BATCH", 100)
    report = shop.load(ROWS + ROWS.removeprefix(HEADER))
    assert (report.stored, report.repeated, report.rows) == (0, 480, 480)
    assert shop.events.stored == stored


@pytest.mark.parametrize("moved", [False, True])
def test_an_interrupted_import_repeated_later_stores_each_line_once(shop, monkeypatch, moved):
    monkeypatch.setattr(importing_events, "BATCH", 50)
    calls = iter([lambda: None, _away])
    shop.events.after_store = lambda: next(calls)()
    with pytest.raises(StoreUnavailable):
        shop.load(ROWS, shift_to_now=moved)
    assert len(shop.events.stored) == 100
    shop.events.after_store = lambda: None
    shop.now += timedelta(days=20)
    report = shop.load(ROWS, shift_to_now=moved)
    assert (report.stored, report.repeated) == (140, 100)
    assert len(shop.events.stored) == 240


def test_rows_that_differ_in_anything_are_different_events(shop):
    names = "user_id,item_id,event,timestamp,quantity,price,order_id,query,device\n"
    base = ["u1", "i1", "purchase", "1", "1", "1", "o", "q", "d"]
    others = ["u2", "i2", "view", "2", "2", "2", "p", "r", "e"]
    rows = [base] + [[*base[:n], other, *base[n + 1 :]] for n, other in enumerate(others)]
    shop.load(names + "".join(f"{','.join(row)}\n" for row in rows))
    ids = {key.event_id for key in shop.events.stored}
    assert len(ids) == len(rows)


def test_own_ids_are_the_shoppers_own(shop):
    text = "user_id,item_id,event,event_id\nu1,i1,view,1\nu2,i1,view,1\nu1,i2,like,1\n"
    report = shop.load(text)
    assert (report.stored, report.repeated) == (2, 1)
    assert shop.events.stored[EventKey("u1", "1")].kind == "view"


def test_nothing_stays_of_a_shopper_who_is_being_deleted(shop):
    shop.events.leaving = {"u1": UserLeaving("u1")}
    report = shop.load(HEADER + "u1,i1,view,\nu2,i1,view,\n")
    assert (report.stored, report.rejected) == (1, 1)
    assert "deleted" in shop.refused()[2]


def _away():
    raise StoreUnavailable
