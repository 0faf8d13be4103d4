"""Health and metrics."""

import pytest

from tests.builders import bearer, done, failed


def test_it_lives(shop):
    assert done(shop.client.get("/health/live")) == {"status": "success"}


def test_it_is_ready(shop):
    answer = done(shop.client.get("/health/ready"))
    assert (answer["ready"], answer["database"], answer["loaded"]) == (True, True, True)
    assert answer["behind_seconds"] >= 0


def test_metrics_count_what_was_answered(make_shop):
    shop = make_shop()
    shop.item("tea")
    shop.rate("ann", "tea", 5)
    text = shop.client.get("/metrics").get_data(as_text=True)
    assert 'shelfwise_answers_total{route="/rate",status="200"}' in text
    assert "shelfwise_ratings 1.0" in text
    assert "shelfwise_items 1.0" in text
    assert "tea" not in text.replace("created", "")


@pytest.mark.parametrize(
    "options",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
    ],
)
def test_metrics_are_for_this_machine(shop, options):
    failed(shop.client.get("/metrics", **options), 403, "not_allowed")


def test_metrics_are_for_whoever_knows_the_token(make_shop):
    shop = make_shop(metrics_token="open sesame")
    far = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    assert shop.client.get("/metrics", headers=bearer("open sesame"), **far).status_code == 200
    for headers in ({}, bearer("open"), bearer("")):
        failed(shop.client.get("/metrics", headers=headers), 403)
