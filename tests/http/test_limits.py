"""Rate limits on what guesses passwords."""

from tests.builders import PASSWORD, done, failed


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
