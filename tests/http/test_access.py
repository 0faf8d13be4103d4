"""Who may call: every route is in this table, and every role is tried on it."""

import pytest

from app.domain.accounts import Role
from tests.builders import ORIGIN, failed

SHOPPER, STOREFRONT, BROWSER, ADMIN = Role.SHOPPER, Role.STOREFRONT, Role.BROWSER, Role.ADMIN
ANYBODY = set(Role)
PUBLIC = {
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/docs/<name>"),
    ("GET", "/favicon.ico"),
    ("GET", "/openapi.json"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),  # guarded in its own way: see test_monitoring
    ("GET", "/recommend/stream"),  # by a ticket: see test_streams
    ("POST", "/register"),
    ("POST", "/login"),
}
ROUTES = {
    ("POST", "/logout"): {SHOPPER},
    ("POST", "/password"): {SHOPPER},
    ("POST", "/rate"): {SHOPPER, STOREFRONT},
    ("DELETE", "/rate/<id:item_id>"): {SHOPPER, STOREFRONT},
    ("POST", "/events"): {SHOPPER, STOREFRONT, BROWSER},
    ("GET", "/recommend"): {SHOPPER, STOREFRONT, BROWSER},
    ("POST", "/recommend/page"): {SHOPPER, STOREFRONT, BROWSER},
    ("POST", "/recommend/stream-ticket"): {SHOPPER, STOREFRONT, BROWSER},
    ("POST", "/recommend/batch"): {STOREFRONT},
    ("GET", "/popular"): ANYBODY,
    ("GET", "/trending"): ANYBODY,
    ("GET", "/new"): ANYBODY,
    ("GET", "/for-category/<id:category>"): ANYBODY,
    ("GET", "/items/<id:item_id>/predicted-rating"): {SHOPPER, STOREFRONT},
    ("GET", "/items/<id:item_id>/similar"): ANYBODY,
    ("GET", "/items/<id:item_id>/bought-together"): ANYBODY,
    ("POST", "/cart/recommend"): ANYBODY,
    ("GET", "/recently-viewed"): {SHOPPER, STOREFRONT, BROWSER},
    ("GET", "/buy-again"): {SHOPPER, STOREFRONT, BROWSER},
    ("POST", "/items"): {ADMIN},
    ("GET", "/items"): {STOREFRONT, ADMIN},
    ("GET", "/items/<id:item_id>"): {STOREFRONT, ADMIN},
    ("PUT", "/items/<id:item_id>"): {ADMIN},
    ("PATCH", "/items/<id:item_id>"): {ADMIN},
    ("DELETE", "/items/<id:item_id>"): {ADMIN},
    ("GET", "/users/<id:user_id>"): {SHOPPER, STOREFRONT, ADMIN},
    ("GET", "/users/<id:user_id>/ratings"): {SHOPPER, STOREFRONT, ADMIN},
    ("GET", "/users/<id:user_id>/profile"): {SHOPPER, STOREFRONT, ADMIN},
    ("GET", "/sessions/<id:session_id>/profile"): {STOREFRONT},
    ("GET", "/users/<id:user_id>/export"): {SHOPPER, STOREFRONT, ADMIN},
    ("DELETE", "/users/<id:user_id>"): {SHOPPER, STOREFRONT, ADMIN},
    ("DELETE", "/sessions/<id:session_id>"): {STOREFRONT, BROWSER, ADMIN},
    ("GET", "/settings"): {ADMIN},
    ("PATCH", "/settings"): {ADMIN},
}


@pytest.fixture(scope="module")
def caller(shop):
    """Give the headers of a caller of each role."""
    shop.item("tea")
    user = shop.shopper("ann")[1]
    keys = {role: shop.key(role) for role in (STOREFRONT, BROWSER, ADMIN)}
    return {SHOPPER: user, **keys}


def call(shop, method, rule, headers=None):
    address = rule.replace("<id:item_id>", "tea").replace("<id:user_id>", "ann")
    return shop.client.open(address, method=method, headers=headers)


def test_every_route_is_in_the_table(shop):
    found = {
        (method, rule.rule)
        for rule in shop.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert found == PUBLIC | ROUTES.keys()


@pytest.mark.parametrize(("method", "rule"), ROUTES)
def test_nobody_is_refused(shop, caller, method, rule):
    before = shop.stored()
    failed(call(shop, method, rule), 401, "not_authenticated")
    wrong = [{"X-API-Key": "sw_admin_nonsense"}, {"X-API-Key": ""}, {"Authorization": "Bearer x"}]
    for headers in wrong:
        failed(call(shop, method, rule, headers), 401, "not_authenticated")
    assert shop.stored() == before


@pytest.mark.parametrize(
    ("method", "rule", "role"),
    [(*route, role) for route, roles in ROUTES.items() for role in sorted(ANYBODY - roles)],
)
def test_the_wrong_role_is_refused(shop, caller, method, rule, role):
    before = shop.stored()
    failed(call(shop, method, rule, caller[role]), 403, "not_allowed")
    assert shop.stored() == before


@pytest.mark.parametrize(
    ("method", "rule", "role"),
    [
        (*route, role)
        for route, roles in ROUTES.items()
        for role in sorted(roles)
        if route[0] != "DELETE" and route[1] != "/logout"
    ],
)
def test_the_right_role_is_let_in(shop, caller, method, rule, role):
    assert call(shop, method, rule, caller[role]).status_code not in (401, 403)


def test_a_revoked_key_is_refused(shop):
    key, secret = shop.services.keys.create(ADMIN)
    headers = {"X-API-Key": secret}
    assert shop.client.get("/settings", headers=headers).status_code == 200
    shop.services.keys.revoke(key.key_id)
    failed(shop.client.get("/settings", headers=headers), 401, "not_authenticated")


def test_a_key_is_stored_as_a_digest(shop):
    _, secret = shop.services.keys.create(STOREFRONT)
    assert secret not in str(shop.stored()["keys"])


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ORIGIN, 200),
        ("https://other.example", 403),
        ("http://shop.example", 403),
        ("null", 403),
        (f"{ORIGIN}.evil.example", 403),
        (None, 403),
    ],
)
def test_a_browser_key_is_bound_to_its_origin(shop, origin, status):
    headers = {"X-API-Key": shop.keys[BROWSER]} | ({"Origin": origin} if origin else {})
    assert shop.client.get("/popular", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Referer": f"{ORIGIN}/tea?n=1#top"}, 200),
        ({"Referer": ORIGIN}, 200),
        ({"Referer": f"{ORIGIN}:8443/"}, 403),
        ({"Referer": f"{ORIGIN}.evil.example/"}, 403),
        ({"Referer": f"https://evil.example/{ORIGIN}"}, 403),
        ({"Referer": f"{ORIGIN}@evil.example/"}, 403),
        ({"Referer": "http://shop.example/"}, 403),
        ({"Referer": "https://[shop.example"}, 403),
        ({"Referer": "/tea"}, 403),
        ({"Origin": "https://other.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "https://other.example", "Referer": f"{ORIGIN}/"}, 403),
        ({"Origin": "null", "Referer": f"{ORIGIN}/"}, 403),
    ],
)
def test_where_a_browser_leaves_the_origin_out(shop, headers, status):
    headers = {"X-API-Key": shop.keys[BROWSER], **headers}
    assert shop.client.get("/popular", headers=headers).status_code == status


def test_a_browser_key_asks_for_nobody_by_default(shop, caller):
    answer = shop.client.get("/popular", headers=caller[BROWSER]).get_json()
    assert "user_id" not in answer


def test_a_token_goes_before_a_key(shop, caller):
    both = caller[SHOPPER] | caller[ADMIN]
    failed(shop.client.get("/settings", headers=both), 403, "not_allowed")


@pytest.mark.parametrize("route", ["/recommend", "/popular", "/items/{item}/similar"])
def test_a_browser_key_tells_of_no_shopper(shop, route):
    item = shop.item()
    shop.rate("a-private-shopper", item, 5)
    path = route.format(item=item) + "?user_id=a-private-shopper"
    headers = shop.key(Role.BROWSER) | {"Origin": "https://shop.example"}
    failed(shop.client.get(path, headers=headers), 403, "not_allowed")
