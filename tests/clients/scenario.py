"""`python scenario.py ORIGIN`: a day with the Python client, whose types mypy --strict checks."""

import sys
from collections.abc import Iterator

from api_client import AuthenticatedClient, Client
from api_client.api.accounts import follow_user, get_me, list_following, login, refresh, register
from api_client.models import Follow, LoginJson, RefreshRequest, Registration, TokenPair, User
from api_client.types import UNSET, Unset

PASSWORD = "a long way down 1865"
NUMBER = 23


def listed(client: AuthenticatedClient, user: int) -> Iterator[Follow]:
    """Everybody whom the user follows, page by page, as the `Link` header leads."""
    cursor: str | Unset = UNSET
    while True:
        page = list_following.sync_detailed(user, client=client, limit=10, cursor=cursor)
        assert isinstance(page.parsed, list), page
        yield from page.parsed
        link = page.headers.get("link")
        if link is None:
            return
        cursor = link.partition("cursor=")[2].partition(">")[0]


def registered(anyone: Client, name: str) -> User:
    registration = Registration(username=name, email=f"{name}@example.com", password=PASSWORD)
    user = register.sync(client=anyone, body=registration)
    assert isinstance(user, User), user
    return user


def main(origin: str) -> None:
    anyone = Client(base_url=origin)
    user = registered(anyone, "python")
    pair = login.sync(client=anyone, body=LoginJson(username="python", password=PASSWORD))
    assert isinstance(pair, TokenPair), pair

    client = AuthenticatedClient(base_url=origin, token=pair.access_token)
    for number in range(NUMBER):
        follow_user.sync_detailed(registered(anyone, f"python_{number}").id, client=client)
    names = [follow.username for follow in listed(client, user.id)]
    assert names == [f"python_{number}" for number in reversed(range(NUMBER))], names

    again = refresh.sync(client=anyone, body=RefreshRequest(refresh_token=pair.refresh_token))
    assert isinstance(again, TokenPair), again
    renewed = AuthenticatedClient(base_url=origin, token=again.access_token)
    assert isinstance(get_me.sync(client=renewed), User)
    print(f"{len(names)} users in pages of 10")


main(sys.argv[1])
