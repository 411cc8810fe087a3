"""What only calls that overlap can show: one ISBN, one version."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.emulator.client import HttpAnswer
from tests.local.conftest import Stack

pytestmark = pytest.mark.slow
BOOK = {"title": "T", "author": "A", "published_date": "2026-01-31"}


def test_of_twenty_creates_with_one_isbn_one_passes(stack: Stack) -> None:
    def create(_: int) -> HttpAnswer:
        return stack.call("POST", "/api/v1/books", BOOK | {"isbn": "9780000000020"})

    with ThreadPoolExecutor(10) as pool:  # as many as a function has workers
        answers = list(pool.map(create, range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 19
    assert {answer.json()["error"] for answer in answers if answer.status == 400} == {"isbn_exists"}


def test_of_eight_updates_of_one_version_one_passes(stack: Stack) -> None:
    created = stack.call("POST", "/api/v1/books", BOOK | {"isbn": "9780000000008"})
    place, version = created.headers["location"], created.headers["etag"]

    def update(number: int) -> int:
        return stack.call("PUT", place, {"title": f"v{number}"}, {"If-Match": version}).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(update, range(8))) == [200] + [412] * 7


def test_reviews_that_race_with_their_books_end_leave_nothing_behind(stack: Stack) -> None:
    place = stack.call("POST", "/api/v1/books", BOOK | {"isbn": "9780000000001"}).headers["location"]

    def act(number: int) -> int:
        if number == 2:
            return stack.call("DELETE", place).status
        return stack.call("POST", f"{place}/reviews", {"rating": 1, "body": ""}).status

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(act, range(6))) <= {200, 201, 400, 404}
    assert stack.call("GET", f"{place}/reviews").status == 404
