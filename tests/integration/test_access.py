"""What ends access ends it at every worker, whoever was asked; keys made beside the service."""

import pytest

from app.domain.accounts import Role
from tests.builders import PASSWORD, new_id
from tests.integration.client import Answer, Headers
from tests.integration.processes import eventually
from tests.integration.service import SUPERVISED, Service

ENOUGH = 40


def answers_of_all(service: Service, path: str, headers: Headers) -> list[Answer]:
    """Ask every worker by a connection to it, and whoever takes new connections."""
    with service.pinned() as workers:
        asked = [worker.get(path, headers) for worker in workers.values()]
    return asked + [service.client().get(path, headers) for _ in range(8)]


def is_refused_everywhere(service: Service, path: str, headers: Headers) -> bool:
    return {a.status for a in answers_of_all(service, path, headers)} == {401}


def assert_ended(service: Service, path: str, headers: Headers) -> None:
    """Fail unless every worker soon refuses, and goes on refusing."""
    assert eventually(lambda: is_refused_everywhere(service, path, headers), 10)
    for _ in range(ENOUGH):
        service.client().get(path, headers).failed(401, "not_authenticated")
    assert is_refused_everywhere(service, path, headers)


def assert_works(service: Service, path: str, headers: Headers) -> None:
    answers = answers_of_all(service, path, headers)
    assert {a.status for a in answers} == {200}, answers


@pytest.fixture
def shopper(service: Service) -> tuple[str, Headers]:
    """Give a new account and the headers of its token."""
    user = new_id("shopper")
    service.client().call("POST", "/register", {"user_id": user, "password": PASSWORD}).done(201)
    return user, login(service, user)


def login(service: Service, user: str, password: str = PASSWORD) -> Headers:
    body = {"user_id": user, "password": password}
    token = service.client().call("POST", "/login", body).done().body["token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_new_token_holds_everywhere_at_once(service, shopper):
    for _ in range(10):
        assert_works(service, "/users/me", login(service, shopper[0]))


def test_a_logout_ends_every_token(service, shopper):
    user, first = shopper
    second = login(service, user)
    service.client().call("POST", "/logout", headers=first).done()
    assert_ended(service, "/users/me", first)
    assert_ended(service, "/recommend", second)
    assert_works(service, "/users/me", login(service, user))


def test_a_new_password_ends_what_the_old_one_opened(service, shopper):
    user, old = shopper
    body = {"password": PASSWORD, "new_password": "another horse altogether"}
    answer = service.client().call("POST", "/password", body, old).done().body
    assert_ended(service, "/users/me", old)
    assert_works(service, "/users/me", {"Authorization": f"Bearer {answer['token']}"})
    wrong = service.client().call("POST", "/login", {"user_id": user, "password": PASSWORD})
    wrong.failed(401, "bad_credentials")
    assert_works(service, "/users/me", login(service, user, body["new_password"]))


def test_a_deleted_account_lets_nobody_in_even_when_its_id_comes_back(service, shopper):
    user, old = shopper
    service.client().call("DELETE", "/users/me", headers=old).done()
    assert_ended(service, "/users/me", old)
    body = {"user_id": user, "password": PASSWORD}
    service.client().call("POST", "/register", body).done(201)
    assert_ended(service, "/users/me", old)
    assert_works(service, "/users/me", login(service, user))


def test_a_key_made_and_revoked_beside_the_service(service):
    made = service.flask("keys", "create", "--role", "storefront", "--label", "beside")
    assert made.returncode == 0, made.stderr
    headers = {"X-API-Key": made.stdout.strip()}
    assert eventually(lambda: service.client().get("/items", headers).status == 200, 10)
    assert_works(service, "/items", headers)

    key_id = made.stderr.split("id", 1)[1].split()[0]
    listed = service.flask("keys", "list")
    assert [line for line in listed.stdout.splitlines() if key_id in line and "beside" in line]
    revoked = service.flask("keys", "revoke", key_id)
    assert revoked.stdout == f"Key {key_id} is revoked.\n", revoked.stderr
    assert_ended(service, "/items", headers)


def test_the_same_commands_work_alone(linux_with_mongod, tmp_path):
    alone = Service(tmp_path / "data", command=SUPERVISED)
    try:
        made = alone.flask("keys", "create", "--role", "admin")
        assert made.returncode == 0, made.stderr
        assert alone.processes() == set()
        listed = alone.flask("keys", "list")
        assert "admin" in listed.stdout
        headers = {"X-API-Key": made.stdout.strip()}
        alone.start()
        assert_works(alone, "/items", headers)
        assert alone.stop() == 0
        assert alone.flask("keys", "revoke", listed.stdout.split()[0]).returncode == 0
        again = alone.flask("keys", "revoke", listed.stdout.split()[0])
        assert (again.returncode, "Traceback" in again.stderr) == (1, False), again.stderr
    finally:
        alone.end()


def test_a_browser_key_is_bound_to_its_origin(service):
    made = service.flask("keys", "create", "--role", "browser", "--origin", "https://shop.example")
    key = {"X-API-Key": made.stdout.strip()}
    here, elsewhere = {"Origin": "https://shop.example"}, {"Origin": "https://evil.example"}
    service.wait_for_workers("/popular", key | here, 200)
    for _ in range(10):
        assert service.client().get("/popular", key | here).status == 200
        service.client().get("/popular", key | elsewhere).failed(403, "not_allowed")
        service.client().get("/popular", key).failed(403, "not_allowed")


def test_roles_hold_over_http(service):
    service.client(Role.STOREFRONT).call("POST", "/items", {"item_id": "x"}).failed(403)
    service.client(Role.ADMIN).rate("user", "item", 3).failed(403)
    service.client().get("/items").failed(401, "not_authenticated")
