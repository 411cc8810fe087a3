import re

import pytest

from tests.client import Client


def next_page(link: str) -> str:
    match = re.fullmatch(r'<([^>]+)>; rel="next"', link)
    assert match
    return match[1]


@pytest.fixture
def api(api: Client) -> Client:
    for number in range(1, 8):
        api.post("/api/v1/items", json={"name": str(number)})
    return api


def test_cursors_lead_through_the_whole_list_while_rows_come_and_go(api: Client) -> None:
    answer = api.get("/api/v1/items?limit=3")
    assert [item["id"] for item in answer.json()] == [7, 6, 5]
    api.post("/api/v1/items", json={"name": "new"})
    api.delete("/api/v1/items/5")
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [4, 3, 2]
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [1]
    assert "link" not in answer.headers


def test_the_last_page_has_no_link_even_when_full(api: Client) -> None:
    assert "link" not in api.get("/api/v1/items?limit=7").headers


def test_an_offset_skips_and_its_next_page_goes_on_by_cursor(api: Client) -> None:
    answer = api.get("/api/v1/items?limit=2&offset=1")
    assert [item["id"] for item in answer.json()] == [6, 5]
    answer = api.get(next_page(answer.headers["link"]))
    assert [item["id"] for item in answer.json()] == [4, 3]


def test_a_changed_cursor_is_refused(api: Client) -> None:
    path = next_page(api.get("/api/v1/items?limit=3").headers["link"])
    cursor = path.rpartition("cursor=")[2]
    changed = [cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1 :] for i in range(len(cursor))]
    for wrong in [*changed, cursor[:-1], cursor + "A", cursor + "==", "", "%00", "é", "x" * 5000]:
        answer = api.get("/api/v1/items", query={"cursor": wrong})
        assert (answer.status, answer.error) == (400, "invalid_cursor"), wrong
