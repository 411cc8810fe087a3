import json
import re
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Any

import pytest

from tests.support.client import Client


def next_page(link: str) -> str:
    match = re.fullmatch(r'<([^>]+)>; rel="next"', link)
    assert match
    return match[1]


@pytest.fixture
def api(api: Client) -> Client:
    for number in range(1, 8):
        api.post("/api/v1/gadgets", json={"name": str(number)})
    return api


def test_cursors_lead_through_the_whole_list_while_rows_come_and_go(api: Client) -> None:
    answer = api.get("/api/v1/gadgets?limit=3")
    assert [item["id"] for item in answer.json()] == [7, 6, 5]
    api.post("/api/v1/gadgets", json={"name": "new"})
    api.delete("/api/v1/gadgets/5")
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [4, 3, 2]
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [1]
    assert "link" not in answer.headers


def test_the_last_page_has_no_link_even_when_full(api: Client) -> None:
    assert "link" not in api.get("/api/v1/gadgets?limit=7").headers


def test_an_offset_skips_and_its_next_page_goes_on_by_cursor(api: Client) -> None:
    answer = api.get("/api/v1/gadgets?limit=2&offset=1")
    assert [item["id"] for item in answer.json()] == [6, 5]
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [4, 3]


def test_a_changed_cursor_is_refused(api: Client) -> None:
    path = next_page(api.get("/api/v1/gadgets?limit=3").headers["link"])
    cursor = path.rpartition("cursor=")[2]
    changed = [cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1 :] for i in range(len(cursor))]
    for wrong in [*changed, cursor[:-1], cursor + "A", cursor + "==", "", "%00", "é", "x" * 5000]:
        answer = api.get("/api/v1/gadgets", query={"cursor": wrong})
        assert (answer.status, answer.error) == (400, "invalid_cursor"), wrong


def forged(path: str, position: list[object]) -> str:
    """A cursor whose digest is right, as anyone can compute it who reads the code."""
    values = json.dumps(position, separators=(",", ":")).encode()
    digest = blake2b(json.dumps([path, []]).encode() + b"\0" + values, digest_size=8).digest()
    return urlsafe_b64encode(digest + values).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00Z",
        "2026-01-01T00:00:00",
        "10000-01-01T00:00:00Z",
        "infinity",
        1700006400,
        None,
        [],
    ],
)
def test_an_absurd_time_in_a_cursor_is_refused(api: Client, time: object) -> None:
    path = "/api/v1/users/1/followers"
    answer = api.get(path, query={"cursor": forged(path, [time, 1])})
    assert (answer.status, answer.error) == (400, "invalid_cursor")
    for sane in ("0001-01-03T00:00:00+23:59", "2026-01-01T00:00:00Z", "9999-12-29T00:00:00-23:59"):
        assert api.get(path, query={"cursor": forged(path, [sane, 1])}).status == 200


@pytest.mark.parametrize(
    "position", [[], [1, 1], ["1"], [1.5], [-(2**63) - 1], [2**63], [True], [None], {}, {"0": 1}, 1, "1"]
)
def test_an_absurd_position_in_a_cursor_is_refused(api: Client, position: Any) -> None:
    answer = api.get("/api/v1/gadgets", query={"cursor": forged("/api/v1/gadgets", position)})
    assert (answer.status, answer.error) == (400, "invalid_cursor")
