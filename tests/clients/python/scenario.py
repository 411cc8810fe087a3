"""`python scenario.py ORIGIN`: a day with the Python client, whose types mypy --strict checks."""

import asyncio
import sys
from threading import Barrier, Thread

import guide
import httpx
from routewise_client import ApiClient, ApiError, rows, rows_async
from routewise_client.api.accounts import change_password, get_me, login, logout, register
from routewise_client.api.items import create_item
from routewise_client.api.tracker import create_project, list_projects
from routewise_client.models import (
    ItemCreate,
    LoginJson,
    PasswordChange,
    ProjectCreate,
    RefreshRequest,
    Registration,
)

PASSWORD = "a long way down 1865"
NUMBER = 23


def refused(client: ApiClient, password: str = "not this one 1865") -> ApiError:
    try:
        login.sync(client=client, body=LoginJson(username="python", password=password))
    except ApiError as error:
        return error
    raise AssertionError("the call succeeded")


def spoil(client: ApiClient) -> None:
    """Makes the gateway refuse the access token, as an expired one."""
    tokens = client._session.tokens
    assert tokens is not None
    client._session.tokens = tokens | {"access_token": "spoilt"}


def count_refreshes(client: ApiClient) -> list[str]:
    calls: list[str] = []

    def note(request: httpx.Request) -> None:
        if request.url.path.endswith("/refresh"):
            calls.append(request.url.path)

    async def note_async(request: httpx.Request) -> None:
        note(request)

    client.get_httpx_client().event_hooks = {"request": [note]}
    client.get_async_httpx_client().event_hooks = {"request": [note_async]}
    return calls


def in_threads(client: ApiClient) -> None:
    together, found = Barrier(8), []

    def call() -> None:
        together.wait()
        found.append(get_me.sync(client=client).username)

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["python"] * 8, found


async def in_tasks(client: ApiClient) -> None:
    found = await asyncio.gather(*(get_me.asyncio(client=client) for _ in range(8)))
    assert [user.username for user in found] == ["python"] * 8
    names = [project.name async for project in rows_async(list_projects.asyncio_detailed, client=client)]
    assert names == [f"p{n}" for n in reversed(range(NUMBER))], names


def main(origin: str) -> None:
    client = ApiClient(origin)
    registration = Registration(username="python", email="python@example.com", password=PASSWORD)
    assert register.sync(client=client, body=registration).username == "python"
    assert refused(client).code == "invalid_credentials"
    login.sync(client=client, body=LoginJson(username="python", password=PASSWORD))

    for number in range(NUMBER):
        create_project.sync(client=client, body=ProjectCreate(name=f"p{number}"))
    names = [row.name for row in rows(list_projects.sync_detailed, client=client, limit=10, offset=1)]
    assert names == [f"p{n}" for n in reversed(range(NUMBER - 1))], names

    refreshes = count_refreshes(client)
    spoil(client)
    in_threads(client)
    assert len(refreshes) == 1, refreshes
    spoil(client)
    asyncio.run(in_tasks(client))
    assert len(refreshes) == 2, refreshes

    try:
        body = PasswordChange(current_password="not this one 1865", new_password="looking glass 1871")
        change_password.sync_detailed(client=client, body=body)
    except ApiError as error:
        assert (error.status, error.code) == (401, "invalid_credentials"), error
    assert len(refreshes) == 2, refreshes
    try:
        create_item.sync(client=client, body=ItemCreate(name=""))
    except ApiError as error:
        assert error.details["errors"][0]["loc"] == ["body", "name"] and error.request_id, error

    tokens = client._session.tokens
    assert tokens is not None
    logout.sync_detailed(client=client, body=RefreshRequest(refresh_token=tokens["refresh_token"]))
    assert not client.is_signed_in
    try:
        get_me.sync(client=client)
    except ApiError as error:
        print(error.code, error.status, len(refreshes))
    assert guide.names(origin, "python", PASSWORD)[:2] == ["Moon base", f"p{NUMBER - 1}"]


main(sys.argv[1])
