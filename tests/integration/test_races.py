"""What happens at once: registrations, first ratings, deletions of what is being rated."""

from collections import Counter
from functools import partial

import pytest

from app.domain.accounts import Role
from tests.builders import PASSWORD, new_id
from tests.integration.client import segment
from tests.integration.processes import eventually
from tests.integration.service import Service
from tests.integration.together import Raters, together


def test_one_of_many_simultaneous_registrations_opens_the_account(service):
    anybody = service.client()
    for _ in range(6):
        user = new_id("twin")
        passwords = [f"{PASSWORD} {number}" for number in range(8)]
        bodies = [{"user_id": user, "password": password} for password in passwords]
        answers = together([partial(anybody.call, "POST", "/register", b) for b in bodies])
        assert Counter(a.status for a in answers) == {201: 1, 409: 7}, answers
        winner = next(n for n, answer in enumerate(answers) if answer.status == 201)
        for number in (winner, (winner + 1) % 8):
            login = anybody.call("POST", "/login", bodies[number])
            assert login.status == (200 if number == winner else 401)
        assert {a.body["code"] for a in answers if a.status == 409} == {"user_taken"}


def test_simultaneous_first_ratings_of_one_pair_are_all_acknowledged_and_one_is_stored(service):
    storefront, item = service.storefront, new_id("pair")
    service.admin.put_items(item)
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    for _ in range(20):
        user = new_id("chooser")
        answers = together([partial(storefront.rate, user, item, value) for value in values])
        assert [a.done().body["rating"] for a in answers] == values
        rows = storefront.get(f"/users/{user}/ratings").done().body["ratings"]
        assert [row["item_id"] for row in rows] == [item]
        assert rows[0]["rating"] in values
    service.settle()


@pytest.fixture
def neighbourhood(service: Service) -> tuple[str, str, str]:
    """Give a shopper and two items; whoever rates both makes the second known to the shopper."""
    probe, known, item = new_id("probe"), new_id("known"), new_id("deleted")
    service.admin.put_items(known, item)
    service.storefront.rate(probe, known, 5).done()
    return probe, known, item


def is_recommended(service: Service, probe: str, item: str) -> set[bool]:
    """Tell for each worker whether shoppers like the probe bring the item."""
    query = {"strategy": "user", "min_score": 0.01, "n": 100, "k": 1000}
    with service.pinned(Role.STOREFRONT) as workers:
        return {item in w.recommend(probe, **query).done().ids for w in workers.values()}


def test_nothing_is_left_of_an_item_deleted_while_it_is_rated(service, neighbourhood):
    probe, known, item = neighbourhood
    storefront = service.storefront
    storefront.rate(neighbour := new_id("neighbour"), known, 5).done()
    storefront.rate(neighbour, item, 5).done()
    assert eventually(lambda: is_recommended(service, probe, item) == {True})
    for _ in range(3):
        with Raters(storefront, [item], threads=6) as raters:
            assert raters.reaches(40)
            service.admin.call("DELETE", f"/items/{segment(item)}").done()
            assert eventually(lambda raters=raters: len(raters.refused) > 12)
        assert {a.body["code"] for a in raters.refused} == {"unknown_item"}
        assert [pair for pair in service.ratings() if pair[1] == item] == []
        service.settle()
        with service.pinned(Role.STOREFRONT) as workers:
            for worker in workers.values():
                worker.get(f"/items/{segment(item)}/similar").failed(404, "unknown_item")
        service.admin.put_items(item)
        assert eventually(lambda: item in recommended_by_all(service, item))
        assert is_recommended(service, probe, item) == {False}
        assert storefront.get(f"/users/{neighbour}/ratings").body["ratings"][0]["item_id"] == known


def recommended_by_all(service: Service, item: str) -> set[str]:
    """Return the item if every worker knows it."""
    with service.pinned(Role.STOREFRONT) as workers:
        answers = [w.get(f"/items/{segment(item)}/similar") for w in workers.values()]
    return {item} if {a.status for a in answers} == {200} else set()


def test_ratings_acknowledged_after_an_item_came_back_stay(service, neighbourhood):
    _, _, item = neighbourhood
    with Raters(service.storefront, [item], threads=6) as raters:
        for _ in range(4):
            assert raters.reaches(20)
            service.admin.call("DELETE", f"/items/{segment(item)}").done()
            service.admin.put_items(item)
            back = max(raters.began.values(), default=0.0)
        assert raters.reaches(40)
    later = {pair for pair, began in raters.began.items() if began > back}
    assert len(later) >= 40 - 6
    assert later <= service.ratings().keys()
    service.settle()


def test_nothing_is_left_of_a_shopper_deleted_while_rating(service):
    items = [new_id("basket") for _ in range(60)]
    service.admin.put_items(*items)
    anybody, user = service.client(), new_id("leaver")
    body = {"user_id": user, "password": PASSWORD}
    anybody.call("POST", "/register", body).done(201)
    token = anybody.call("POST", "/login", body).done().body["token"]
    headers = {"Authorization": f"Bearer {token}"}
    rate = partial(anybody.call, "POST", "/rate", headers=headers)
    calls = [partial(rate, {"item_id": item, "rating": 4}) for item in items[:12]]
    delete = partial(anybody.call, "DELETE", "/users/me", headers=headers)
    answers = together([*calls[:6], delete, *calls[6:]])
    assert answers[6].status == 200, answers[6]
    assert {a.status for a in answers} <= {200, 401, 404}, answers
    rate({"item_id": items[20], "rating": 4}).failed(401)
    assert [pair for pair in service.ratings() if pair[0] == user] == []
    service.settle()
