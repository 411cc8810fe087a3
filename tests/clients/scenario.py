"""`python scenario.py ORIGIN`: a day with the Python client, whose types mypy --strict checks."""

import sys
from collections.abc import Iterator

from api_client import AuthenticatedClient, Client
from api_client.api.accounts import login, refresh, register
from api_client.api.items import create_item, list_items
from api_client.models import Item, ItemCreate, LoginJson, RefreshRequest, Registration, TokenPair, User
from api_client.types import UNSET, Unset

PASSWORD = "a long way down 1865"
NUMBER = 23


def listed(client: AuthenticatedClient) -> Iterator[Item]:
    """Every item, page by page, as the `Link` header leads."""
    cursor: str | Unset = UNSET
    while True:
        page = list_items.sync_detailed(client=client, limit=10, cursor=cursor)
        assert isinstance(page.parsed, list), page
        yield from page.parsed
        link = page.headers.get("link")
        if link is None:
            return
        cursor = link.partition("cursor=")[2].partition(">")[0]


def main(origin: str) -> None:
    anyone = Client(base_url=origin)
    registration = Registration(username="python", email="python@example.com", password=PASSWORD)
    user = register.sync(client=anyone, body=registration)
    assert isinstance(user, User), user
    pair = login.sync(client=anyone, body=LoginJson(username="python", password=PASSWORD))
    assert isinstance(pair, TokenPair), pair

    client = AuthenticatedClient(base_url=origin, token=pair.access_token)
    created = [create_item.sync(client=client, body=ItemCreate(name=f"python {n}")) for n in range(NUMBER)]
    assert all(isinstance(item, Item) for item in created), created
    names = [item.name for item in listed(client) if item.name.startswith("python")]
    assert names == [f"python {n}" for n in reversed(range(NUMBER))], names

    again = refresh.sync(client=anyone, body=RefreshRequest(refresh_token=pair.refresh_token))
    assert isinstance(again, TokenPair), again
    renewed = AuthenticatedClient(base_url=origin, token=again.access_token)
    assert isinstance(list_items.sync(client=renewed), list)
    print(f"{len(names)} items in pages of 10")


main(sys.argv[1])
