"""Who may call a route, from which origins, and how often.

Every route is in a table, and every role is tried on it.
"""

import pytest

from app.domain.accounts import Role
from tests.builders import ORIGIN, PASSWORD, done, failed

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
    ("GET", "/recommend/why-not"): {STOREFRONT, ADMIN},
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


def preflight(shop, origin):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-freshness",
    }
    return shop.client.options("/rate", headers=headers)


@pytest.mark.parametrize("setting", [ORIGIN, f"{ORIGIN}/, https://other.example"])
def test_the_shops_pages_may_call(make_shop, setting):
    shop = make_shop(cors_origins=setting)
    answer = preflight(shop, ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "x-freshness"} <= set(allowed.split(", "))
    for address in ("/popular", "/nothing", "/rate"):  # failures can be read too
        plain = shop.client.get(address, headers={"Origin": ORIGIN})
        assert plain.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-Freshness" in plain.headers["Access-Control-Expose-Headers"]
        assert "Retry-After" in plain.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null"])
def test_other_pages_may_not(make_shop, origin):
    shop = make_shop(cors_origins=ORIGIN)
    assert "Access-Control-Allow-Origin" not in preflight(shop, origin).headers
    answer = shop.client.get("/popular", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_a_setting_no_page_may(shop):
    assert "Access-Control-Allow-Origin" not in preflight(shop, ORIGIN).headers


def test_all_pages_may(make_shop):
    answer = preflight(make_shop(cors_origins="*"), "https://any.example")
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://any.example")
    assert "Access-Control-Allow-Credentials" not in answer.headers


def try_login(shop, user, address="192.0.2.1", **options):
    body = {"user_id": user, "password": "a wrong password"}
    environ = {"REMOTE_ADDR": address}
    return shop.client.post("/login", json=body, environ_overrides=environ, **options)


def test_tries_are_counted_by_user_id_wherever_they_come_from(make_shop):
    shop = make_shop(login_limit="3 per hour")
    shop.register("ann")
    for n in range(3):
        failed(try_login(shop, "ann", f"192.0.2.{n}"), 401)
    refused = try_login(shop, "ann", "192.0.2.9")
    answer = failed(refused, 429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert answer["detail"]["retry_after"] == int(refused.headers["Retry-After"])
    right = {"user_id": "ann", "password": PASSWORD}
    failed(shop.client.post("/login", json=right), 429)
    failed(shop.client.post("/login", data=right), 429)
    failed(try_login(shop, "bob"), 401)


def test_tries_are_counted_by_address_whoever_they_are_for(make_shop):
    shop = make_shop(address_limit="3 per hour")
    for n in range(2):
        failed(try_login(shop, f"user {n}"), 401)
    body = {"user_id": "new", "password": PASSWORD}
    here = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    done(shop.client.post("/register", json=body, **here), 201)
    failed(try_login(shop, "user 3"), 429)
    failed(shop.client.post("/register", json=body | {"user_id": "newer"}, **here), 429)
    assert shop.database["users"].count_documents({}) == 1
    failed(try_login(shop, "user 4", "192.0.2.2"), 401)


def test_odd_bodies_are_counted_too(make_shop):
    shop = make_shop(login_limit="2 per hour")
    for body in ('{"user_id": {"$gt": ""}}', '{"user_id": {"$gt": ""}}'):
        failed(shop.client.post("/login", data=body, content_type="application/json"), 422)
    failed(shop.client.post("/login", data=body, content_type="application/json"), 429)


def test_the_present_password_is_not_guessed(make_shop):
    shop = make_shop(login_limit="3 per hour")
    _, headers = shop.shopper("ann")
    body = {"password": "a wrong password", "new_password": "a better password"}
    for _ in range(2):
        failed(shop.client.post("/password", json=body, headers=headers), 401)
    failed(shop.client.post("/password", json=body | {"password": PASSWORD}, headers=headers), 429)


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(make_shop):
    for proxies, last in [(0, 429), (1, 401)]:
        shop = make_shop(address_limit="2 per hour", trusted_proxies=proxies)
        for n in range(3):
            response = try_login(shop, f"user {n}", headers={"X-Forwarded-For": f"198.51.100.{n}"})
        failed(response, last)


def test_a_limit_is_one_shops(make_shop):
    one, other = make_shop(login_limit="1 per hour"), make_shop(login_limit="1 per hour")
    failed(try_login(one, "ann"), 401)
    failed(try_login(one, "ann"), 429)
    failed(try_login(other, "ann"), 401)
