"""Shelves over HTTP: worked answers, explanations, pages, and a plain-Python brute force."""

import itertools
import random

import pytest

from tests import brute_force
from tests.builders import done, failed, ids_of, new_id, open_shop, segment

TOP = 5.0
STRATEGIES = ("hybrid", "user", "item", "popular")
SIMILARITIES = ("cosine", "pearson", "jaccard")


class Market:
    """A small random shop whose every answer can be worked out the slow way."""

    def __init__(self, shop, seed):
        self.shop = shop
        draw = random.Random(seed)
        self.items = [f"item {n:02}" for n in range(24)]
        self.users = [f"user {n:02}" for n in range(16)]
        self.vectors = {
            item: [round(draw.uniform(-2, 3), 2) for _ in range(4)] for item in self.items[:20]
        }
        shop.put_items(*[self._body(item) for item in self.items])
        self.ratings = {}
        for user in self.users:
            for item in draw.sample(self.items, draw.randint(1, 9)):
                value = draw.choice([1, 2, 2.5, 3, 4, 4.75, 5])
                shop.rate(user, item, value)
                self.ratings.setdefault(user, {})[item] = (float(value), False)

    def _body(self, item):
        vector = self.vectors.get(item)
        return {"item_id": item, "title": item.title()} | ({"features": vector} if vector else {})

    def mine(self, user):
        return {item: value for item, (value, _) in self.ratings[user].items()}

    def user_scores(self, user, k=50, similarity="cosine", least=0.0):
        near = brute_force.neighbours(self.ratings, user, k, similarity, least)
        found = brute_force.user_scores(self.ratings, near, 1.0) if near else {}
        return {item: found.get(item, 0.0) for item in self.items}

    def item_scores(self, user):
        found = brute_force.item_scores(self.mine(user), self.vectors)
        # what has no vector of its own has an encoded one here, alike only to its own kind
        return found

    def scores(self, user, strategy, w_user=0.6, w_item=0.4, **options):
        if strategy == "popular":
            top = {i: brute_force.popularity(self.ratings, i, TOP, 1.0) for i in self.items}
            return top
        items = self.item_scores(user)
        if strategy == "item":
            return items
        users = self.user_scores(user, **options)
        if strategy == "user":
            return users
        clipped = {i: min(1.0, max(0.0, s / TOP)) for i, s in users.items()}
        total = w_user + w_item
        return {
            i: (w_user * clipped[i] + w_item * min(1.0, max(0.0, items.get(i, 0.0)))) / total
            for i in self.items
        }

    def expected(self, user, strategy, min_score=None, **options):
        scores = self.scores(user, strategy, **options)
        open_ = {i: s for i, s in scores.items() if i not in self.ratings[user]}
        if strategy != "popular":
            open_ = {i: s for i, s in open_.items() if round(s, 9) > 0}
        if min_score is not None:
            open_ = {i: s for i, s in open_.items() if round(s, 9) >= round(min_score, 9)}
        return [(i, open_[i]) for i in brute_force.ranked(open_, len(open_))]


@pytest.fixture(scope="module", params=[1, 2])
def market(request, mongo_uri, tmp_path_factory):
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        yield Market(shop, request.param)


def check(market, user, strategy, **query):
    options = {
        "least" if name == "min_similarity" else name: value for name, value in query.items()
    }
    answer = market.shop.recommend(user, strategy=strategy, n=100, **query)
    expected = market.expected(user, strategy, **options)
    places = [(place["item_id"], place["score"]) for place in answer["recommendation"]]
    if not expected:
        assert answer["strategy"] == "popular"
        return
    assert answer["strategy"] == strategy
    got = places[: len(expected)]
    assert [item for item, _ in got] == [item for item, _ in expected]
    assert [score for _, score in got] == pytest.approx([s for _, s in expected], abs=1e-9)
    rest = places[len(expected) :]  # popular items fill the list, with score 0
    assert all(score == 0.0 for _, score in rest)
    marks = [(p.get("fallback"), p.get("strategy")) for p in answer["recommendation"]]
    assert marks == [(None, None)] * len(expected) + [(True, "popular")] * len(rest)
    if query.get("min_score", 0) > 0:
        assert rest == []
    else:
        assert {i for i, _ in places} == set(market.items) - market.ratings[user].keys()


# Titles are encoded where there is no vector; those items are alike to each other only, so the
# brute force of items leaves them to `test_encoded_items_are_alike_to_their_own_kind`.
@pytest.fixture(scope="module")
def vectors_only(mongo_uri, tmp_path_factory):
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        market = Market.__new__(Market)
        market.shop, market.ratings = shop, {}
        draw = random.Random(3)
        market.items = [f"i{n}" for n in range(20)]
        market.vectors = {i: [draw.randint(-3, 5) for _ in range(3)] for i in market.items}
        market.vectors["i0"] = [0, 0, 0]
        shop.put_items(*[{"item_id": i, "features": v} for i, v in market.vectors.items()])
        market.users = [f"u{n}" for n in range(14)]
        for user in market.users:
            for item in draw.sample(market.items, draw.randint(1, 8)):
                value = draw.choice([1, 2.5, 3, 4, 5])
                shop.rate(user, item, value)
                market.ratings.setdefault(user, {})[item] = (float(value), False)
        yield market


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("k", [1, 3, 50])
def test_user_based_equals_brute_force(market, similarity, k):
    for user in market.users:
        check(market, user, "user", similarity=similarity, k=k)


@pytest.mark.parametrize("least", [0.2, 0.5])
def test_a_threshold_of_similarity_equals_brute_force(market, least):
    for user in market.users:
        check(market, user, "user", min_similarity=least)


def test_popularity_equals_brute_force(market):
    for user in market.users:
        check(market, user, "popular")


def test_item_based_equals_brute_force(vectors_only):
    for user in vectors_only.users:
        check(vectors_only, user, "item")


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("weights", [(0.6, 0.4), (1, 3), (0, 1), (1, 0)])
def test_hybrid_equals_brute_force(vectors_only, similarity, weights):
    w_user, w_item = weights
    for user in vectors_only.users:
        options = {"w_user": w_user, "w_item": w_item, "similarity": similarity, "k": 4}
        check(vectors_only, user, "hybrid", **options)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_minimum_score_equals_brute_force(vectors_only, strategy):
    for user in vectors_only.users:
        expected = vectors_only.expected(user, strategy)
        middle = expected[len(expected) // 2][1] if expected else 0.5
        wanted = [i for i, s in expected if round(s, 9) >= round(middle, 9)]
        answer = vectors_only.shop.recommend(user, strategy=strategy, n=100, min_score=middle)
        assert ids_of(answer) == wanted


def test_a_minimum_that_nothing_reaches(vectors_only):
    answer = vectors_only.shop.recommend("u1", min_score=99)
    assert answer["recommendation"] == []


def test_a_minimum_below_everything_leaves_nothing_out(vectors_only):
    shop = vectors_only.shop
    for strategy in STRATEGIES:
        all_ = shop.recommend("u1", strategy=strategy, n=100)
        low = shop.recommend("u1", strategy=strategy, n=100, min_score=-1)
        assert ids_of(low) == ids_of(all_)


def test_one_weight_leaves_the_rest_to_the_other(vectors_only):
    shop = vectors_only.shop
    for user in vectors_only.users:
        both = shop.recommend(user, w_user=0.3, w_item=0.7)["recommendation"]
        assert shop.recommend(user, w_user=0.3)["recommendation"] == both
        assert shop.recommend(user, w_item=0.7)["recommendation"] == both


def test_similar_items_equal_brute_force(vectors_only):
    shop = vectors_only.shop
    only_features = {"w_similar_features": 1}
    done(shop.client.patch("/settings", json=only_features, headers=shop.admin))
    for item, vector in vectors_only.vectors.items():
        scores = {
            other: brute_force.feature_cosine(vector, theirs)
            for other, theirs in vectors_only.vectors.items()
            if other != item
        }
        scores = {other: s for other, s in scores.items() if round(s, 9) > 0}
        answer = done(shop.client.get(f"/items/{item}/similar?n=100", headers=shop.admin))
        wanted = brute_force.ranked(scores, 100)
        assert ids_of(answer) == wanted
        got = [place["score"] for place in answer["recommendation"]]
        assert got == pytest.approx([scores[i] for i in wanted], abs=1e-9)


def test_worked_answers(make_shop):
    shop = make_shop()
    shop.put_items({"item_id": "a", "features": [3, 5, 2]}, {"item_id": "b", "features": [4, 6, 3]})
    answer = done(shop.client.get("/items/a/similar", headers=shop.admin))
    assert answer["recommendation"][0]["score"] == pytest.approx(0.9970, abs=5e-5)
    shop.put_items(*[{"item_id": i} for i in ("x", "y", "z", "new")])
    for user, values in [("ann", (4, 3, 5)), ("bob", (5, 5, 4))]:
        for item, value in zip(("x", "y", "z"), values, strict=True):
            shop.rate(user, item, value)
    shop.rate("bob", "new", 4)
    # bob's history has 5, 5, 4, 4: his similarity to ann cancels in the weighted mean
    answer = shop.recommend("ann", strategy="user", explain=1)
    first = answer["recommendation"][0]
    assert (first["item_id"], first["score"]) == ("new", 4.0)
    closest = first["reasons"]["neighbours"]["closest"][0]["similarity"]
    assert closest == pytest.approx(55 / (50**0.5 * 82**0.5), abs=1e-9)


def test_encoded_items_are_alike_to_their_own_kind(make_shop):
    shop = make_shop()
    shop.put_items(
        {"item_id": "sencha", "title": "Sencha", "category": "Drinks|Tea", "brand": "Uji"},
        {"item_id": "oolong", "title": "Oolong", "category": "Drinks|Tea", "brand": "Uji"},
        {"item_id": "cola", "title": "Cola", "category": "Drinks|Soda", "brand": "Fizz"},
        {"item_id": "rake", "title": "Rake", "category": "Garden", "brand": "Iron"},
        {"item_id": "own", "features": [1, 2]},
    )
    answer = done(shop.client.get("/items/sencha/similar", headers=shop.admin))
    assert ids_of(answer) == ["oolong", "cola"]
    scores = [place["score"] for place in answer["recommendation"]]
    assert 1 > scores[0] > scores[1] > 0
    shop.rate("ann", "sencha", 5)
    assert ids_of(shop.recommend("ann", strategy="item"))[:2] == ["oolong", "cola"]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_parts_sum_to_the_score(vectors_only, strategy, similarity):
    for user in vectors_only.users:
        answer = vectors_only.shop.recommend(
            user, strategy=strategy, similarity=similarity, n=100, explain=1
        )
        for place in answer["recommendation"]:
            reasons = place["reasons"]
            assert sum(reasons["parts"].values()) == pytest.approx(place["score"], abs=2e-9)
            assert reasons["parts"].keys() <= {"user", "item", "popular"}
            because = reasons.get("because", [])
            assert sum(reason["share"] for reason in because) <= 1 + 1e-8
            shares = [reason["share"] for reason in because]
            assert shares == sorted(shares, reverse=True)
            for reason in because:
                assert reason["preference"] == vectors_only.mine(user)[reason["item_id"]]
                assert reason["share"] > 0
            if place["score"] > 0 and strategy in ("hybrid", "item"):
                assert because


def test_neighbours_stay_unnamed(vectors_only):
    for user in vectors_only.users:
        answer = vectors_only.shop.recommend(user, strategy="user", n=100, explain=1)
        others = set(vectors_only.users) - {user}
        text = str([place["reasons"] for place in answer["recommendation"]])
        assert not any(f"'{other}'" in text for other in others)


def test_without_being_asked_nothing_is_explained(vectors_only):
    for query in ({}, {"explain": 0}):
        answer = vectors_only.shop.recommend("u1", **query)
        assert all("reasons" not in place for place in answer["recommendation"])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("step", [1, 3, 7])
def test_pages_make_one_long_list(vectors_only, strategy, step):
    shop = vectors_only.shop
    for user in [*vectors_only.users[:5], "nobody"]:
        whole = shop.recommend(user, strategy=strategy, n=100)["recommendation"]
        pages = [
            shop.recommend(user, strategy=strategy, n=step, offset=offset)["recommendation"]
            for offset in range(0, 21, step)
        ]
        joined = list(itertools.chain(*pages))
        assert joined == whole
        assert len({place["item_id"] for place in joined}) == len(joined)


def test_an_unknown_shopper_sees_what_is_popular(vectors_only):
    shop = vectors_only.shop
    expected = done(shop.client.get("/popular?n=100", headers=shop.admin))
    for strategy in STRATEGIES:
        answer = shop.recommend("nobody at all", strategy=strategy, n=100)
        assert answer["strategy"] == "popular"
        assert answer["recommendation"] == expected["recommendation"]


def test_a_shop_without_ratings_shows_its_items_by_id(make_shop):
    shop = make_shop()
    shop.put_items(*[{"item_id": item} for item in ("b", "a", "c")])
    assert ids_of(shop.recommend("ann")) == ["a", "b", "c"]


def test_an_answer_renders_a_product(make_shop):
    shop = make_shop()
    columns = {
        "title": "Sencha",
        "category": "Drinks|Tea",
        "brand": "Uji",
        "price": 9.5,
        "image_url": "https://shop.example/s.png",
    }
    shop.item("tea", description="long", tags=["a"], **columns)
    answer = shop.recommend("ann")
    assert answer["recommendation"] == [{"item_id": "tea", "score": 0.0, **columns}]
    assert answer["user_id"] == "ann"
    assert answer["fresh"] is True
    other = shop.recommend("ann")
    assert len(answer["recommendation_id"]) == 16
    assert other["recommendation_id"] != answer["recommendation_id"]


def test_an_item_of_no_name(shop):
    address = f"/items/{segment(new_id('nothing'))}/similar"
    failed(shop.client.get(address, headers=shop.admin), 404, "unknown_item")


def test_shelves_leave_out_what_the_named_shopper_rated(vectors_only):
    shop, user = vectors_only.shop, "u3"
    for address in ("/popular", "/items/i1/similar"):
        query = {"n": 100, "user_id": user}
        answer = done(shop.client.get(address, query_string=query, headers=shop.storefront))
        assert not set(ids_of(answer)) & vectors_only.ratings[user].keys()


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["user", "hybrid", "co_rated"])
def test_explanations_do_not_depend_on_the_order_in_which_ratings_came(make_shop, strategy):
    users, items = [f"user {n}" for n in range(30)], [f"item {n}" for n in range(20)]
    given = [
        (user, items[item], 1 + (number + item) % 5)
        for number, user in enumerate(users)
        for item in range(number % 7, len(items), 3)
    ]
    answers = []
    for put, order in ((items, given), (sorted(items), sorted(given))):
        shop = make_shop()
        shop.put_items(*[{"item_id": item} for item in put])
        for user, item, value in order:
            shop.rate(user, item, value)
        asked = {"strategy": strategy, "min_score": 0.001, "explain": 1}
        answers.append([shop.recommend(user, **asked)["recommendation"] for user in users])
    assert answers[0] == answers[1]
