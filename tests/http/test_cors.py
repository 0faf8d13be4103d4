"""Which other origins' pages may call."""

import pytest

SHOP = "https://shop.example"


def preflight(shop, origin):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-freshness",
    }
    return shop.client.options("/rate", headers=headers)


@pytest.mark.parametrize("setting", [SHOP, f"{SHOP}/, https://other.example"])
def test_the_shops_pages_may_call(make_shop, setting):
    shop = make_shop(cors_origins=setting)
    answer = preflight(shop, SHOP)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "x-freshness"} <= set(allowed.split(", "))
    for address in ("/popular", "/nothing", "/rate"):  # failures can be read too
        plain = shop.client.get(address, headers={"Origin": SHOP})
        assert plain.headers["Access-Control-Allow-Origin"] == SHOP
        assert "X-Freshness" in plain.headers["Access-Control-Expose-Headers"]
        assert "Retry-After" in plain.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", f"{SHOP}.evil.example", "null"])
def test_other_pages_may_not(make_shop, origin):
    shop = make_shop(cors_origins=SHOP)
    assert "Access-Control-Allow-Origin" not in preflight(shop, origin).headers
    answer = shop.client.get("/popular", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_a_setting_no_page_may(shop):
    assert "Access-Control-Allow-Origin" not in preflight(shop, SHOP).headers


def test_all_pages_may(make_shop):
    answer = preflight(make_shop(cors_origins="*"), "https://any.example")
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://any.example")
    assert "Access-Control-Allow-Credentials" not in answer.headers
