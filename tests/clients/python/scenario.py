"""`python scenario.py ORIGIN`: a day with the Python client, whose types mypy --strict checks."""

import asyncio
import sys
from threading import Barrier, Thread

import guide
import httpx
from api_client import ApiClient, ApiError, rows, rows_async
from api_client.api.accounts import (
    change_password,
    follow_user,
    get_me,
    list_followers,
    list_following,
    login,
    logout,
    register,
    update_me,
)
from api_client.models import LoginJson, MeUpdate, PasswordChange, RefreshRequest, Registration, User

PASSWORD = "a long way down 1865"
NUMBER = 5


def signed_up(client: ApiClient, name: str) -> User:
    body = Registration(username=name, email=f"{name}@example.com", password=PASSWORD)
    return register.sync(client=client, body=body)


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


async def in_tasks(client: ApiClient, known: int) -> None:
    found = await asyncio.gather(*(get_me.asyncio(client=client) for _ in range(8)))
    assert [user.username for user in found] == ["python"] * 8
    followers = rows_async(list_followers.asyncio_detailed, client=client, id=known)
    names = [row.username async for row in followers]
    assert names == ["python"], names


def main(origin: str) -> None:
    client = ApiClient(origin)
    me = signed_up(client, "python")
    assert refused(client).code == "invalid_credentials"
    login.sync(client=client, body=LoginJson(username="python", password=PASSWORD))

    others = [signed_up(client, f"python_{number}") for number in range(NUMBER)]
    for other in others:
        follow_user.sync_detailed(client=client, id=other.id)
    followed = rows(list_following.sync_detailed, client=client, id=me.id, limit=3, offset=1)
    names = [row.username for row in followed]
    assert names == [f"python_{n}" for n in reversed(range(NUMBER - 1))], names

    refreshes = count_refreshes(client)
    spoil(client)
    in_threads(client)
    assert len(refreshes) == 1, refreshes
    spoil(client)
    asyncio.run(in_tasks(client, others[0].id))
    assert len(refreshes) == 2, refreshes

    try:
        body = PasswordChange(current_password="not this one 1865", new_password="looking glass 1871")
        change_password.sync_detailed(client=client, body=body)
    except ApiError as error:
        assert (error.status, error.code) == (401, "invalid_credentials"), error
    assert len(refreshes) == 2, refreshes
    try:
        update_me.sync(client=client, body=MeUpdate(username=""))
    except ApiError as error:
        assert error.details["errors"][0]["loc"] == ["body", "username"] and error.request_id, error

    tokens = client._session.tokens
    assert tokens is not None
    logout.sync_detailed(client=client, body=RefreshRequest(refresh_token=tokens["refresh_token"]))
    assert not client.is_signed_in
    try:
        get_me.sync(client=client)
    except ApiError as error:
        print(error.code, error.status, len(refreshes))
    assert guide.rename(origin, "python_0", PASSWORD, "Alice") == ["python"]


main(sys.argv[1])
