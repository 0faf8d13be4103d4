"""The API page keeps its word: the document is valid, complete, and every answer is as it says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.domain.accounts import Role
from app.factory import create_app
from config import Settings
from tests.builders import Headers, RunningShop, open_shop

SPEC: dict[str, Any] = create_app(
    Settings(environment="development", mongo_uri="mongodb://127.0.0.1:1", log_level="error")
).spec
OPERATIONS = [
    (method, path) for path, methods in SPEC["paths"].items() for method in methods if path
]
PUBLIC = {
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("post", "/register"),
    ("post", "/login"),
}
BY_TICKET = {("get", "/recommend/stream")}
STREAMED = {
    ("get", "/recommend/stream"): "text/event-stream",
    ("post", "/recommend/batch"): "application/x-ndjson",
    ("get", "/users/{user_id}/export"): "application/x-ndjson",
}
"""Successes that are no JSON document."""
CURSOR = "a cursor comes from the page before"
DEPENDS = {
    ("post", "/register"): "a form has no word for null",
    ("post", "/login"): "a form has no word for null",
    ("post", "/events"): "kinds are the shop's, and a key must say for whom",
    ("post", "/rate"): "the scale is a setting, and a key must say for whom",
    ("delete", "/rate/{item_id}"): "a key must say for whom",
    ("get", "/items"): CURSOR,
    ("post", "/items"): "own vectors have one length",
    ("put", "/items/{item_id}"): "own vectors have one length; an id in the body is the address's",
    ("patch", "/items/{item_id}"): "own vectors have one length",
    ("get", "/recommend"): CURSOR,
    ("get", "/recommend/why-not"): CURSOR,
    ("get", "/popular"): CURSOR,
    ("get", "/trending"): CURSOR,
    ("get", "/new"): CURSOR,
    ("get", "/for-category/{category}"): CURSOR,
    ("get", "/items/{item_id}/similar"): CURSOR,
    ("get", "/items/{item_id}/bought-together"): CURSOR,
    ("post", "/cart/recommend"): CURSOR,
    ("get", "/recently-viewed"): CURSOR,
    ("get", "/buy-again"): CURSOR,
    ("post", "/recommend/page"): "shelves have names, which the shop knows",
    ("post", "/recommend/batch"): "the weights are not both 0",
    ("post", "/recommend/stream-ticket"): "a key must say for whom",
    ("patch", "/settings"): "the weights are not both 0",
}
"""Where what the schema allows may be refused, which positive_data_acceptance cannot know."""
MAY_FAIL_WITH = {400, 401, 403, 404, 409, 413, 415, 422, 429, 503}

printable = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co", "Zs", "Zl", "Zp"))
schemathesis.openapi.format("id", st.text(printable | st.just(" "), min_size=1, max_size=128))
schemathesis.openapi.format("session_id", st.text(printable, min_size=8, max_size=128))
schemathesis.openapi.format(
    "text", st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
)


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = SPEC["paths"][path][method]
    return found


def can_be_wrong(method: str, path: str) -> bool:
    """Return whether there is more than an id in the address, which is any string."""
    about = operation(method, path)
    query = [each for each in about.get("parameters", []) if each["in"] == "query"]
    return bool(query or "requestBody" in about)


def failures(method: str, path: str) -> set[int]:
    return {int(status) for status in operation(method, path)["responses"] if int(status) >= 400}


def test_the_document_is_openapi_3_1() -> None:
    assert SPEC["openapi"].startswith("3.1")
    assert SPEC["info"]["title"] == "Shelfwise"
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    for schema in SPEC["components"]["schemas"].values():
        jsonschema_rs.meta.validate(dialect | schema)


def references(node: Any) -> Iterator[str]:
    """Yield every $ref below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str) -> Any:
    """Return what a reference leads to."""
    node: Any = SPEC
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        node = node[step]
    return node


def test_every_reference_leads_somewhere() -> None:
    found = set(references(SPEC))
    assert found
    assert all(resolved(reference) for reference in found)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation(*each)["operationId"] for each in OPERATIONS]
    assert len(set(names)) == len(names)
    for each in OPERATIONS:
        assert operation(*each)["summary"], each
        assert operation(*each)["tags"], each


def test_every_route_is_documented() -> None:
    app = create_app(Settings(environment="development", mongo_uri="mongodb://127.0.0.1:1"))
    hidden = {"/", "/docs", "/docs/<name>", "/favicon.ico", "/openapi.json", "/metrics"}
    wanted = {
        (method.lower(), rule.rule.replace("<id:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in hidden
    }
    assert set(OPERATIONS) == wanted


def test_one_body_may_be_left_out() -> None:
    bodies = {each: operation(*each).get("requestBody") for each in OPERATIONS}
    optional = {each for each, body in bodies.items() if body and not body["required"]}
    assert optional == {("post", "/recommend/stream-ticket")}
    assert "x-" not in "".join(key for each in OPERATIONS for key in operation(*each))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_error_is_documented(method: str, path: str) -> None:
    found, about = failures(method, path), operation(method, path)
    assert found <= MAY_FAIL_WITH
    if (method, path) in BY_TICKET:
        assert found == {400, 401, 422, 503}
        assert about["security"] == [{"ticket": []}]
    elif (method, path) not in PUBLIC:
        assert {400, 401, 403, 422, 503} <= found
        assert about["security"]
    if "{" in path or path == "/rate":
        assert 404 in found or path == "/users/{user_id}/ratings"
    if "requestBody" in about:
        assert {400, 413, 415, 422} <= found
    if path in ("/register", "/login", "/password"):
        assert 429 in found


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_has_a_shape(method: str, path: str) -> None:
    for status, response in operation(method, path)["responses"].items():
        if int(status) == 200 and (method, path) in STREAMED:
            assert response["content"].keys() == {STREAMED[method, path]}
            continue
        schema = resolved(response["content"]["application/json"]["schema"]["$ref"])
        if int(status) >= 400 and path != "/health/ready":
            assert schema["properties"]["status"]["const"] == "failure"
            assert set(schema["required"]) == {"status", "code", "message", "detail"}


@dataclass
class Api:
    """The running shop, its schema, and who may call what."""

    shop: RunningShop
    schema: Any
    ann: Headers

    def headers(self, method: str, path: str) -> Headers:
        """Return the headers of a caller whom the operation lets in."""
        schemes = {name for each in operation(method, path).get("security", []) for name in each}
        if path == "/logout":
            return self.shop.login("ann")  # the one before has ended
        if path in ("/recommend", "/popular"):
            return self.ann
        if "key" in schemes:
            return self.shop.key(
                Role.STOREFRONT if "/rate" in path or "/recommend" in path else Role.ADMIN
            )
        return self.shop.login("ann") if "bearer" in schemes else {}


@pytest.fixture(scope="module")
def api(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        shop.put_items(*[{"item_id": item, "title": item} for item in ("tea", "cup", "0")])
        _, ann = shop.shopper("ann")
        for user in ("ann", "bob", "0"):
            shop.rate(user, "tea", 4)
        shop.rate("bob", "cup", 5)
        schema = schemathesis.openapi.from_wsgi("/openapi.json", shop.app)
        schema.config.generation.update(with_security_parameters=False)  # `Api.headers` gives them
        yield Api(shop, schema, ann)


def prices_are_in_order(case: schemathesis.Case) -> bool:
    """Return whether no price_from is above its price_to, which a schema cannot say."""
    body = case.body if isinstance(case.body, dict) else {}
    shelves = body.get("shelves") if isinstance(body.get("shelves"), list) else []
    said = [case.query or {}, body, *(shelf for shelf in shelves if isinstance(shelf, dict))]
    ranges = [[each.get("price_from"), each.get("price_to")] for each in said]
    return not any(
        all(isinstance(price, int | float) for price in prices) and prices[0] > prices[1]
        for prices in ranges
    )


def takes_text(method: str, path: str, parameter: str | None) -> bool:
    """Return whether some text is right for a parameter of the query, or for an entry of it."""
    schemas = {
        each["name"]: each["schema"]
        for each in operation(method, path).get("parameters", [])
        if each["in"] == "query"
    }
    found = json.dumps(schemas.get(parameter, {}))
    return '"type": "string"' in found and '"enum"' not in found and '"pattern"' not in found


def is_surely_wrong(case: schemathesis.Case, method: str, path: str) -> bool:
    """Return whether what is said to be wrong about a case is wrong, or nothing is.

    A string made to break a format may keep to it by chance, and any type is text in a query.
    """
    mutations = case.meta.phase.data.mutations if case.meta else ()
    return not any(
        "format" in mutation.keywords
        or (
            {"type", "anyOf"} & {*mutation.keywords}
            and takes_text(method, path, mutation.parameter)
        )
        for mutation in mutations
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (*each, mode)
        for each in OPERATIONS
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or can_be_wrong(*each)
    ],
)
def test_every_answer_is_as_documented(api: Api, method: str, path: str, mode: Any) -> None:
    called = api.schema[path][method.upper()]
    headers = api.headers(method, path)
    left_out = [positive_data_acceptance] if (method, path) in DEPENDS else []

    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=called.as_strategy(generation_mode=mode)
        .filter(prices_are_in_order)
        .filter(lambda case: is_surely_wrong(case, method, path))
    )
    def answers_as_documented(case: schemathesis.Case) -> None:
        sent = api.headers(method, path) if path == "/logout" else headers
        case.call_and_validate(headers=sent, excluded_checks=left_out)

    answers_as_documented()
