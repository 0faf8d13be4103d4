"""Documents that another hand wrote into MongoDB stop nothing."""

from bson.datetime_ms import DatetimeMS

from tests.builders import ids_of


def test_loading_passes_over_what_it_cannot_understand(make_shop):
    shop = make_shop()
    item = shop.item()
    database = shop.database
    database["users"].insert_one({"_id": "odd"})
    database["keys"].insert_one({"_id": "odd", "role": "emperor"})
    database["items"].insert_one({"_id": "odd", "encoding": 7})
    for number, odd in enumerate(({"size": "XL"}, [{"name": "size", "value": ["XL"]}], 7)):
        database["items"].insert_one({"_id": f"odd {number}", "attributes": odd})
    many = [{"name": "ml", "value": 500}, {"name": "on", "value": True}]  # an integer
    database["items"].insert_one({"_id": "even", "attributes": many})
    database["ratings"].insert_one({"_id": {"user_id": 1, "item_id": item}, "rating": "five"})
    for projection in shop.runtime.projections:
        projection.load()
    shop.rate("ann", item, 4)
    assert shop.recommend("ann")["status"] == "success"
    assert ids_of(shop.recommend("bob", attribute="ml:500")) == ["even"]
    assert len(shop.runtime.tables.preferences) == 1


def test_the_feed_passes_over_what_it_cannot_understand(make_shop):
    shop = make_shop()
    item = shop.item()
    ratings = shop.database["ratings"]
    for number, odd in enumerate(
        [
            {"_id": "odd", "rating": 3.0},
            {"_id": 7},
            {"_id": {"user_id": "u"}, "rating": 3.0},
            {"_id": {"user_id": "u", "item_id": item}},
            {"_id": {"user_id": "u", "item_id": "x"}, "rating": "five"},
            {"_id": {"user_id": ["u"], "item_id": item}, "rating": 3.0},
        ]
    ):
        ratings.insert_one(odd)
        ratings.replace_one({"_id": odd["_id"]}, odd | {"more": 1})
        ratings.update_one({"_id": odd["_id"]}, {"$set": {"more": 2}})
        ratings.delete_one({"_id": odd["_id"]})
        shop.rate(f"ann {number}", item, 4)
        assert len(shop.runtime.tables.preferences) == number + 1


def test_the_feed_takes_in_what_is_written_otherwise(make_shop):
    shop = make_shop()
    item = shop.item()
    key = {"user_id": "ann", "item_id": item}
    ratings = shop.database["ratings"]
    ratings.insert_one({"_id": key, "rating": 2})  # an integer, and no time
    ratings.update_one({"_id": key}, {"$set": {"rating": 5}})
    shop.rate("bob", item, 1)
    with shop.runtime.tables.lock:
        assert shop.runtime.tables.preferences.profile("ann").values.tolist() == [5.0]
    ratings.drop()
    assert shop.runtime.feed.wait(shop.repositories.changes.now().position, seconds=30)
    assert len(shop.runtime.tables.preferences) == 0


def test_loading_and_following_agree_on_what_is_odd(make_shop):
    shop = make_shop()
    item = shop.item()
    ratings = shop.database["ratings"]
    for number, rating in enumerate(["4", True, None, float("nan"), {"stars": 4}, 3]):
        ratings.insert_one({"_id": {"user_id": f"odd {number}", "item_id": item}, "rating": rating})
    for item_id in (5, None, ["x"]):
        ratings.insert_one({"_id": {"user_id": "whose", "item_id": item_id}, "rating": 3.0})
    shop.rate("ann", item, 4)
    shop.rate("bob", item, 2)
    ratings.replace_one({"_id": {"user_id": "ann", "item_id": item}}, {"rating": "5"})
    shop.rate("cid", item, 2)
    assert shop.drift() == []
    assert len(shop.runtime.tables.preferences) == 3


def test_a_time_beyond_the_calendar_stops_nothing(make_shop):
    shop = make_shop()
    item = shop.item()
    key = {"user_id": "odd", "item_id": item}
    shop.database["ratings"].insert_one(
        {"_id": key, "rating": 3.0, "rated_at": DatetimeMS(2**60)}  # no year of ours
    )
    shop.rate("ann", item, 4)
    assert len(shop.runtime.tables.preferences) == 2
    assert shop.drift() == []
