"""Whatever comes in wrong: a clear 4xx of the one failure shape, and nothing stored."""

import json
from io import BytesIO

import pytest

from app.domain.accounts import Role
from tests.builders import PASSWORD, failed

WRONG_TYPES = ["true", "[]", "{}", '{"$gt":""}', '["a"]', "null", "1.5"]
BODIES = {
    ("POST", "/register"): {"user_id": "new", "password": PASSWORD},
    ("POST", "/login"): {"user_id": "ann", "password": PASSWORD},
    ("POST", "/password"): {"password": PASSWORD, "new_password": "a better password"},
    ("POST", "/rate"): {"item_id": "tea", "rating": 5},
    ("POST", "/items"): {"item_id": "new"},
    ("PUT", "/items/tea"): {"title": "x"},
    ("PATCH", "/items/tea"): {"title": "x"},
    ("PATCH", "/settings"): {"k": 10},
}
FORMS = [route for route in BODIES if route[1] in ("/register", "/login", "/password", "/rate")]
JSON_ONLY = [route for route in BODIES if route not in FORMS]
QUERIES = ["/recommend", "/popular", "/items/tea/similar", "/items"]
NO_INPUT = [
    ("GET", "/settings"),
    ("GET", "/items/tea"),
    ("DELETE", "/items/tea"),
    ("GET", "/users/ann"),
    ("GET", "/users/ann/ratings"),
    ("DELETE", "/users/ann"),
    ("POST", "/logout"),
]


@pytest.fixture(scope="module")
def ann(shop):
    shop.item("tea")
    return shop.shopper("ann")[1]


@pytest.fixture
def send(shop, ann):
    """Send a request with the right role, and check afterwards that nothing was stored."""
    before = shop.stored()

    def headers_for(address):
        if address in ("/register", "/login"):
            return {}
        if address in ("/password", "/rate", "/recommend", "/logout"):
            return ann
        return shop.key(Role.ADMIN)

    def send(method, address, **options):
        headers = headers_for(address.partition("?")[0])
        return shop.client.open(address, method=method, headers=headers, **options)

    yield send
    assert shop.stored() == before


def raw(text):
    return {"data": text, "content_type": "application/json"}


@pytest.mark.parametrize(("method", "address"), BODIES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nonsense",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN',
        b"\xff\xfe",
        '{"item_id":"\\ud800"}',
        "[" * 5000,
        '{"a":' * 5000,
    ],
    ids=range(10),
)
def test_broken_json(send, method, address, text):
    failed(send(method, address, **raw(text)), 400, "unparsable")


@pytest.mark.parametrize(("method", "address"), BODIES)
@pytest.mark.parametrize("text", ["null", "true", "5", '"text"', "[null]", "[[]]", "[1]"])
def test_json_of_another_shape(send, method, address, text):
    failed(send(method, address, **raw(text)), 422, "invalid_input")


@pytest.mark.parametrize(("method", "address"), BODIES)
def test_unknown_fields(send, method, address):
    for name in ("surprise", "is_admin", "$where", "", "_id"):
        body = BODIES[method, address] | {name: 1}
        answer = failed(send(method, address, json=body), 422, "invalid_input")
        assert answer["detail"].keys() == {name or "body"}


@pytest.mark.parametrize(
    ("method", "address", "field"),
    [(*route, field) for route, body in BODIES.items() for field in body],
)
@pytest.mark.parametrize("value", WRONG_TYPES)
def test_values_of_another_type(send, method, address, field, value):
    if (field, value) in [("title", "null"), ("rating", "1.5")]:
        return
    texts = {name: json.dumps(given) for name, given in BODIES[method, address].items()}
    pairs = (texts | {field: value}).items()
    text = "{" + ",".join(f"{json.dumps(name)}:{given}" for name, given in pairs) + "}"
    answer = failed(send(method, address, **raw(text)), 422, "invalid_input")
    assert any(name.startswith(field) for name in answer["detail"])


@pytest.mark.parametrize(("method", "address"), BODIES)
def test_missing_fields(send, method, address):
    if method == "PUT" or method == "PATCH":
        return  # everything is optional there
    answer = failed(send(method, address, json={}), 422, "invalid_input")
    assert answer["detail"].keys() == BODIES[method, address].keys()


@pytest.mark.parametrize(("method", "address"), BODIES)
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "text/html", None])
def test_another_content_type(send, method, address, kind):
    text = json.dumps(BODIES[method, address])
    failed(send(method, address, data=text, content_type=kind), 415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "address"), JSON_ONLY)
def test_forms_where_only_json_is_read(send, method, address):
    failed(send(method, address, data={"title": "x"}), 415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "address"), BODIES)
def test_huge_bodies(send, method, address):
    limit = 16 if address == "/items" else 1 if address.startswith("/items") else 1 / 16
    text = b'{"item_id":"' + b"x" * int(limit * 2**20 + 1) + b'"}'
    failed(send(method, address, **raw(text)), 413, "too_large")


@pytest.mark.parametrize(("method", "address"), FORMS)
def test_huge_forms(send, method, address):
    failed(send(method, address, data={"user_id": "x" * 2**17}), 413, "too_large")
    many = {f"f{n}": "x" for n in range(2000)}
    response = send(method, address, data=many, content_type="multipart/form-data")
    failed(response, 413, "too_large")


@pytest.mark.parametrize(("method", "address"), FORMS)
def test_odd_forms(send, method, address):
    body = {name: str(value) for name, value in BODIES[method, address].items()}
    first = next(iter(body))
    twice = [*body.items(), (first, "again")]
    form = "&".join(f"{name}={value}" for name, value in twice)
    kind = "application/x-www-form-urlencoded"
    answer = failed(send(method, address, data=form, content_type=kind), 422)
    assert answer["detail"].keys() == {first}
    answer = failed(send(method, address, data=body | {"surprise": "1"}), 422)
    assert answer["detail"].keys() == {"surprise"}
    answer = failed(send(method, address, data=body | {"file": (BytesIO(b"x"), "a.txt")}), 422)
    assert answer["detail"].keys() == {"file"}


@pytest.mark.parametrize(("method", "address"), FORMS)
@pytest.mark.parametrize("value", [b"%FF", b"%ED%A0%80", b"\xff", b"%C3"])
def test_forms_that_are_no_utf8(send, method, address, value):
    fields = [name.encode() + b"=" + value for name in BODIES[method, address]]
    kind = "application/x-www-form-urlencoded"
    failed(send(method, address, data=b"&".join(fields), content_type=kind), 400, "unparsable")


def test_multipart_that_is_no_utf8(send):
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"user_id", b"\xff\xfe") + part % (b"password", b"abcdefghij") + b"--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    failed(send("POST", "/register", data=body, content_type=kind), 400, "unparsable")


@pytest.mark.parametrize(("method", "address"), [*BODIES, *NO_INPUT])
def test_parameters_that_nobody_reads(send, method, address):
    body = {"json": BODIES[method, address]} if (method, address) in BODIES else {}
    answer = failed(send(method, f"{address}?dry_run=1", **body), 422, "invalid_input")
    assert answer["detail"].keys() == {"dry_run"}


@pytest.mark.parametrize("address", QUERIES)
def test_odd_queries(send, address):
    for query, names in [
        ("surprise=1", {"surprise"}),
        ("N=5", {"N"}),
        ("n=1&n=2", {"n"}),
        ("n[]=1", {"n[]"}),
        ("$where=1", {"$where"}),
    ]:
        answer = failed(send("GET", f"{address}?{query}"), 422, "invalid_input")
        assert answer["detail"].keys() == names


@pytest.mark.parametrize("address", QUERIES)
@pytest.mark.parametrize("value", ["%FF", "%ED%A0%80", "%C3"])
def test_queries_that_are_no_utf8(send, address, value):
    failed(send("GET", f"{address}?user_id={value}"), 400, "unparsable")


def test_raw_bytes_in_a_query(send):
    environ = {"QUERY_STRING": "n=\xff"}
    failed(send("GET", "/popular", environ_overrides=environ), 400, "unparsable")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("n", v) for v in ("0", "-1", "101", "1.5", "x", "", "true", "NaN", "1e3")],
        *[("offset", v) for v in ("-1", "10001", "x", "")],
        *[("strategy", v) for v in ("", "magic", "HYBRID", "0")],
        *[("similarity", v) for v in ("", "euclid")],
        *[("k", v) for v in ("0", "-1", "1001", "1.5", "x")],
        *[
            (f, v)
            for f in ("w_user", "w_item")
            for v in ("-1", "NaN", "Infinity", "1e999", "x", "")
        ],
        *[("min_score", v) for v in ("NaN", "-Infinity", "1e999", "x", "")],
        *[("min_similarity", v) for v in ("-0.1", "1.1", "NaN", "x")],
        *[("explain", v) for v in ("2", "x", "")],
        *[("user_id", v) for v in ("", "%00", "x" * 129)],
    ],
)
def test_values_that_recommend_does_not_take(send, field, value):
    answer = failed(send("GET", f"/recommend?{field}={value}"), 422, "invalid_input")
    assert answer["detail"].keys() == {field}


def test_weights_that_are_both_nothing(send):
    answer = failed(send("GET", "/recommend?w_user=0&w_item=0"), 422, "invalid_input")
    assert "w_user" in answer["detail"]


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "title": ['"' + "x" * 501 + '"', '"a\\u0000b"'],
        "category": ['"' + "x" * 501 + '"', '"\\u0000"'],
        "brand": ['"' + "x" * 501 + '"'],
        "description": ['"' + "x" * 10001 + '"', '"\\u0000"'],
        "image_url": ['"' + "x" * 2001 + '"'],
        "price": ["-0.01", "1e10", "NaN", "Infinity", "1e999", '"5"', "1" * 400],
        "tags": ['["' + "x" * 101 + '"]', json.dumps(["x"] * 51), '"tea"', "[1]", '["\\u0000"]'],
        "group_id": ['""', "7", '"' + "x" * 200 + '"', '"a\\u0000b"', '"a\\nb"'],
        "in_stock": ["1", '"true"', '"yes"', "[]"],
        "features": [
            "[]",
            "[NaN]",
            "[1e999]",
            "[1e16]",
            '["1"]',
            "[true]",
            "[[1]]",
            json.dumps([1] * 4097),
        ],
    }.items(),
)
def test_values_that_an_item_does_not_take(send, field, values):
    for value in values:
        for text in (f'"item_id":"new","{field}":{value}', f'"{field}":{value},"item_id":"new"'):
            response = send("POST", "/items", **raw("{" + text + "}"))
            assert response.status_code in (400, 422), value[:50]
            failed(response, response.status_code)
        response = send("PATCH", "/items/tea", **raw(f'{{"{field}":{value}}}'))
        assert response.status_code in (400, 422), value[:50]
        failed(response, response.status_code)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("k", 0),
        ("k", 1001),
        ("k", 1.5),
        ("k", "50"),
        ("k", None),
        ("strategy", "magic"),
        ("strategy", None),
        ("w_user", -1),
        ("w_item", "1"),
        ("similarity", 1),
        ("min_similarity", 2),
        ("version", 7),
    ],
)
def test_values_that_settings_do_not_take(send, field, value):
    answer = failed(send("PATCH", "/settings", json={field: value}), 422, "invalid_input")
    assert answer["detail"].keys() == {field}


def test_settings_with_no_weight_left(send):
    answer = failed(send("PATCH", "/settings", json={"w_user": 0, "w_item": 0}), 422)
    assert "w_user" in answer["detail"]


def test_a_deployment_may_take_less_than_a_route(make_shop):
    shop = make_shop(max_body_bytes=1000)
    big = [{"item_id": "big", "description": "x" * 2000}]
    failed(shop.client.post("/items", json=big, headers=shop.admin), 413, "too_large")
    assert not shop.stored()["items"]
