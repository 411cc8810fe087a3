"""Dates and times that come in: one form each, in a body and in a query string alike."""

from datetime import UTC, date, datetime
from typing import Any

from shared.http import CalendarDate, Input, Moment, lambda_handler, one_route_app

import pytest

from tests.support.client import Answer, Context, as_answer, make_event

PATH = "/api/v1/things"


class Thing(Input):
    day: CalendarDate | None = None
    at: Moment | None = None


app = one_route_app()
seen: list[Any] = []


@app.post(PATH)
async def create_thing(body: Thing, day: CalendarDate | None = None, at: Moment | None = None) -> None:
    seen[:] = [body.day, body.at, day, at]


handler = lambda_handler(app)


def post(query: dict[str, Any] | None = None, **body: Any) -> Answer:
    return as_answer(handler(make_event("POST", PATH, PATH, json=body, query=query), Context()))


def test_a_date_and_a_time_are_read() -> None:
    values = {"day": "2024-02-29", "at": "2024-02-29T23:30:00.25-02:00"}
    assert post(values, **values).status == 200
    moment = datetime(2024, 3, 1, 1, 30, 0, 250_000, UTC)
    assert seen == [date(2024, 2, 29), moment, date(2024, 2, 29), moment]
    assert [time.tzinfo for time in seen[1::2]] == [UTC, UTC]
    assert post({"at": "2024-02-29T00:00:00Z"}).status == 200


NO_DATE = [
    "2023-02-29",
    "1700000000",
    "2024-2-9",
    "20240209",
    "2024-W06-5",
    "2024-02-09T00:00:00",
    "",
    "today",
]
NO_TIME = [
    *("2024-02-29", "1700000000", "2024-02-29T23:30:00", "2024-02-29 23:30:00Z", "2024-02-29T24:30:00Z", ""),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-29T23:30:00+99:00", "now"),
]


@pytest.mark.parametrize(
    ("name", "value"), [*(("day", value) for value in NO_DATE), *(("at", value) for value in NO_TIME)]
)
def test_nothing_else_is(name: str, value: str) -> None:
    for answer in (post(**{name: value}), post({name: value})):
        assert (answer.status, answer.error) == (422, "validation_error")


@pytest.mark.parametrize("value", [0, 1700000000, 1.5, True, []])
def test_a_number_is_neither(value: Any) -> None:
    assert post(day=value).status == post(at=value).status == 422
