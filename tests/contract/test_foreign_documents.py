"""Documents that another hand wrote into MongoDB stop nothing."""


def test_loading_passes_over_what_it_cannot_understand(make_shop):
    shop = make_shop()
    item = shop.item()
    database = shop.database
    database["users"].insert_one({"_id": "odd"})
    database["keys"].insert_one({"_id": "odd", "role": "emperor"})
    database["items"].insert_one({"_id": "odd", "encoding": 7})
    database["ratings"].insert_one({"_id": {"user_id": 1, "item_id": item}, "rating": "five"})
    for projection in shop.services.projections:
        projection.load()
    shop.rate("ann", item, 4)
    assert shop.recommend("ann")["status"] == "success"
    assert len(shop.services.tables.preferences) == 1
