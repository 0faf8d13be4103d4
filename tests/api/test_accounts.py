"""Accounts over HTTP: open, log in, log out everywhere, change the password."""

import jwt
import pytest

from app.domain.accounts import Role
from tests.builders import AWKWARD_IDS, BAD_IDS, PASSWORD, bearer, done, failed, new_id


def test_registers_and_logs_in(shop):
    user = new_id("ann")
    opened = shop.client.post("/register", json={"user_id": user, "password": PASSWORD})
    assert done(opened, 201)["user_id"] == user
    assert opened.get_json()["created_at"].endswith("Z")
    answer = done(shop.client.post("/login", json={"user_id": user, "password": PASSWORD}))
    assert answer["user"] == {"user_id": user}
    assert answer["expires_in"] == 24 * 3600
    me = done(shop.client.get("/users/me", headers=bearer(answer["token"])))
    assert me["user_id"] == user
    assert me["created_at"] == opened.get_json()["created_at"]


@pytest.mark.parametrize("encoding", ["form", "multipart"])
def test_takes_forms(shop, encoding):
    user = new_id("form")
    kind = {"content_type": "multipart/form-data"} if encoding == "multipart" else {}
    body = {"user_id": user, "password": PASSWORD}
    done(shop.client.post("/register", data=body, **kind), 201)
    done(shop.client.post("/login", data=body, **kind))


@pytest.mark.parametrize("user", AWKWARD_IDS)
def test_opens_an_account_for_every_allowed_id(make_user, user):
    shop, headers = make_user(user)
    assert done(shop.client.get("/users/me", headers=headers))["user_id"] == user


@pytest.fixture
def make_user(shop):
    def make(user):
        return shop, shop.shopper(user)[1]

    return make


@pytest.mark.parametrize("user", BAD_IDS)
@pytest.mark.parametrize("route", ["/register", "/login"])
def test_refuses_what_is_no_id(shop, user, route):
    response = shop.client.post(route, json={"user_id": user, "password": PASSWORD})
    assert "user_id" in failed(response, 422, "invalid_input")["detail"]


def test_an_id_is_given_once(shop):
    user, _ = shop.shopper()
    before = shop.stored()
    other = {"user_id": user, "password": "another password"}
    failed(shop.client.post("/register", json=other), 409, "user_taken")
    assert shop.stored() == before


@pytest.mark.parametrize(
    ("password", "length"), [("", 0), ("x" * 7, 7), ("x" * 257, 257)], ids=["none", "short", "long"]
)
def test_a_password_has_a_length(shop, password, length):
    body = {"user_id": new_id("user"), "password": password}
    failed(shop.client.post("/register", json=body), 422, "invalid_input")
    assert shop.database["users"].find_one({"_id": body["user_id"]}) is None


def test_a_password_is_any_text_and_never_stored(shop):
    user, password = new_id("user"), "пароль 密码 🔑 \0 x"
    done(shop.client.post("/register", json={"user_id": user, "password": password}), 201)
    shop.login(user, password)
    row = shop.database["users"].find_one({"_id": user})
    assert row["password_hash"].startswith("$argon2id$")
    assert password not in str(row)


def test_wrong_name_and_wrong_password_give_one_answer(shop):
    user, _ = shop.shopper()
    answers = [
        failed(shop.client.post("/login", json=body), 401, "bad_credentials")
        for body in (
            {"user_id": user, "password": "not this one"},
            {"user_id": new_id("nobody"), "password": PASSWORD},
        )
    ]
    assert answers[0] == answers[1]


def test_log_out_ends_every_token(shop):
    user, first = shop.shopper()
    second = shop.login(user)
    done(shop.client.post("/logout", headers=second))
    for headers in (first, second):
        failed(shop.client.get("/users/me", headers=headers), 401, "not_authenticated")
    done(shop.client.get("/users/me", headers=shop.login(user)))


def test_a_new_password_ends_older_tokens_and_brings_one(shop):
    user, old = shop.shopper()
    body = {"password": PASSWORD, "new_password": "a better password"}
    token = done(shop.client.post("/password", json=body, headers=old))["token"]
    failed(shop.client.get("/users/me", headers=old), 401)
    done(shop.client.get("/users/me", headers=bearer(token)))
    wrong = {"user_id": user, "password": PASSWORD}
    failed(shop.client.post("/login", json=wrong), 401, "bad_credentials")
    shop.login(user, "a better password")


def test_a_new_password_needs_the_old_one(shop):
    _, headers = shop.shopper()
    before = shop.stored()
    body = {"password": "not this one", "new_password": "a better password"}
    failed(shop.client.post("/password", json=body, headers=headers), 401, "bad_credentials")
    short = {"password": PASSWORD, "new_password": "short"}
    answer = failed(shop.client.post("/password", json=short, headers=headers), 422)
    assert "new_password" in answer["detail"]
    assert shop.stored() == before


def test_a_token_does_not_open_the_id_registered_anew(shop):
    user, old = shop.shopper()
    done(shop.client.delete("/users/me", headers=old))
    failed(shop.client.get("/users/me", headers=old), 401)
    shop.register(user)
    failed(shop.client.get("/users/me", headers=old), 401)
    done(shop.client.get("/users/me", headers=shop.login(user)))


def forged(shop, secret: str | None = None, algorithm: str = "HS256", **claims) -> dict[str, str]:
    """Sign claims as the shop does, or otherwise."""
    folder = shop.app.extensions["shelfwise"].settings.data_dir
    secret = secret if secret is not None else (folder / "secret_key").read_text()
    return bearer(jwt.encode(claims, secret, algorithm=algorithm))


def claims_of(headers: dict[str, str]) -> dict:
    token = headers["Authorization"].partition(" ")[2]
    return jwt.decode(token, options={"verify_signature": False})


def test_the_shops_own_signature_is_believed(shop):
    _, headers = shop.shopper()
    done(shop.client.get("/users/me", headers=forged(shop, **claims_of(headers))))


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1_000_000_000},
        {"exp": 0},
        {"exp": -1},
        {"epoch": "0" * 16},
        {"epoch": None},
        {"sub": "somebody else"},
        {"sub": {"$gt": ""}},
        {"secret": "0" * 64},
        {"secret": "", "algorithm": "none"},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
def test_a_forged_token_is_refused(shop, change):
    _, headers = shop.shopper()
    made = forged(shop, **(claims_of(headers) | change))
    response = shop.client.get("/users/me", headers=made)
    failed(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("missing", ["sub", "epoch", "exp"])
def test_a_token_names_everything(shop, missing):
    _, headers = shop.shopper()
    claims = claims_of(headers)
    del claims[missing]
    failed(shop.client.get("/users/me", headers=forged(shop, **claims)), 401)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer " + "x" * 5000,
        "Bearer ключ",
        "Basic YW5uOnB3",
        "bearer null",
    ],
)
def test_a_garbled_token_is_refused(shop, value):
    headers = {"Authorization": value.encode().decode("latin1")}
    failed(shop.client.get("/users/me", headers=headers), 401, "not_authenticated")


def test_the_scheme_is_read_in_any_case(shop):
    _, headers = shop.shopper()
    token = headers["Authorization"].partition(" ")[2]
    done(shop.client.get("/users/me", headers={"Authorization": f"bearer {token}"}))


def test_nobody_takes_over_a_history(shop):
    user = new_id("known")
    shop.rate(user, shop.item(), 5)
    body = {"user_id": user, "password": PASSWORD}
    failed(shop.client.post("/register", json=body), 409, "user_has_data")
    browser = shop.key(Role.BROWSER)
    failed(shop.client.post("/register", json=body, headers=browser), 409, "user_has_data")
    assert shop.database["users"].find_one({"_id": user}) is None
    done(shop.client.post("/register", json=body, headers=shop.storefront), 201)
    mine = done(shop.client.get("/users/me/ratings", headers=shop.login(user)))
    assert len(mine["ratings"]) == 1


def test_a_wrong_key_is_refused_even_where_none_is_needed(shop):
    body = {"user_id": new_id("user"), "password": PASSWORD}
    wrong = {"X-API-Key": "sw_storefront_nonsense"}
    failed(shop.client.post("/register", json=body, headers=wrong), 401, "not_authenticated")
