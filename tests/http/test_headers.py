"""Headers that are parsed: whatever they hold costs no more than a plain value."""

import time

import pytest

from tests.support.client import Client

LONG = 8000  # characters; the gateway takes some 10,000 in all


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": 'a="' + '\\"' * (LONG // 2)},
        {"Cookie": 'a="' + "\\" * LONG + '"'},
        {"Cookie": "a=b;" * (LONG // 4)},
        {"Cookie": " " * LONG},
        {"Content-Type": ";" * LONG},
        {"Content-Type": "application/json;" + ' a="' * (LONG // 4)},
        {"Authorization": "Bearer" + " " * LONG + "x"},
        {"Authorization": "." * LONG},
        {"Idempotency-Key": " " * LONG},
        {"If-Match": "a" + " " * LONG + "a"},
        {"Accept-Encoding": "," * LONG},
    ],
    ids=lambda headers: "".join(f"{name}: {value[:12]}" for name, value in headers.items()),
)
def test_a_hostile_header_costs_no_more_than_a_plain_one(api: Client, headers: dict[str, str]) -> None:
    def cost(sent: dict[str, str]) -> float:
        started = time.process_time()
        for _ in range(3):
            assert api.post("/api/v1/items", json={"name": "x"}, headers=sent).status < 500
        return time.process_time() - started

    cost({})  # imports, connections
    plain = min(cost({}) for _ in range(3))
    assert min(cost(headers) for _ in range(2)) < 10 * plain


def test_a_media_type_is_read_up_to_255_characters(api: Client) -> None:
    for length, status in ((255, 201), (256, 415)):
        media_type = "application/json;".ljust(length, "x")
        answer = api.post("/api/v1/items", json={"name": "x"}, headers={"Content-Type": media_type})
        assert answer.status == status
