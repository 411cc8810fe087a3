from hashlib import sha256
from typing import Any

from shared.http.body import canonical_json, parse_json

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Answer, Client


def create(api: Client, key: str = "k1", **body: Any) -> Answer:
    return api.post("/api/v1/gadgets", json={"name": "pen"} | body, headers={"Idempotency-Key": key})


def number_of_gadgets(api: Client) -> int:
    return len(api.get("/api/v1/gadgets").json())


def test_the_same_call_again_gets_the_first_answer_and_makes_one_row(api: Client) -> None:
    first, again = create(api), create(api)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    for header in ("location", "etag", "content-type"):
        assert first.headers[header] == again.headers[header]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert number_of_gadgets(api) == 1


def test_another_body_under_the_same_key_is_refused(api: Client) -> None:
    create(api)
    answer = create(api, name="pencil")
    assert (answer.status, answer.error) == (422, "idempotency_key_reused")
    assert number_of_gadgets(api) == 1


def test_keys_belong_to_their_caller(api: Client, new_user: NewUser) -> None:
    assert create(api).json()["id"] != create(new_user("other")).json()["id"]


def test_a_refused_call_leaves_its_key_free(api: Client) -> None:
    assert create(api, name="").status == 422
    assert create(api).status == 201


def test_a_key_is_free_again_after_24_hours(api: Client, db: sa.Connection) -> None:
    create(api)
    age(db, "23 hours 59 minutes")
    assert create(api).headers["idempotent-replayed"] == "true"
    age(db, "1 minute")
    assert create(api, name="another").status == 201
    assert create(api, name="another").headers["idempotent-replayed"] == "true"
    assert number_of_gadgets(api) == 2


@pytest.mark.parametrize("key", ["", "with space", "é", "\x7f", "x" * 256])
def test_a_key_is_1_to_255_visible_characters(api: Client, key: str) -> None:
    answer = create(api, key=key)
    assert (answer.status, answer.error) == (422, "validation_error")
    assert number_of_gadgets(api) == 0
    assert create(api, key="x" * 255).status == 201


def age(db: sa.Connection, interval: str) -> None:
    db.execute(
        sa.text("UPDATE idempotency_records SET created_at = created_at - CAST(:i AS interval)"),
        {"i": interval},
    )
    db.commit()


def send(api: Client, body: bytes, path: str = "/api/v1/gadgets") -> Answer:
    return api.post(path, body=body, headers={"Idempotency-Key": "k1"})


def test_the_same_json_in_another_spelling_is_the_same_call(api: Client) -> None:
    first = send(api, b'{"name": "p\xc3\xa9n", "description": "blue"}')
    again = send(api, b'{"description":"\\u0062lue",\n\t"name":"p\\u00e9n"}')
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert number_of_gadgets(api) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "true"),
        ("0", "false"),
        ("null", '""'),
        ("[1,2]", "[2,1]"),
        ('{"a":1}', '{"a":"1"}'),
    ],
)
def test_values_of_another_kind_are_another_body(one: str, other: str) -> None:
    def canonical(text: str) -> bytes:
        return canonical_json(parse_json(text.encode()))

    assert canonical(one) != canonical(other)
    assert canonical(f" {one}\n") == canonical(one)


def test_a_record_of_the_release_before_is_known_by_its_bytes(api: Client, db: sa.Connection) -> None:
    body = b'{"name":  "pen"}'
    first = send(api, body)
    of_bytes = sha256(b"/api/v1/gadgets\n" + body).digest()
    db.execute(sa.text("UPDATE idempotency_records SET fingerprint = :f"), {"f": of_bytes})
    db.commit()
    again = send(api, body)
    assert (again.status, again.body, again.headers["idempotent-replayed"]) == (201, first.body, "true")
    assert send(api, b'{"name": "pencil"}').error == "idempotency_key_reused"


def test_the_same_key_for_another_parents_child_is_another_call(api: Client) -> None:
    for _ in range(2):
        api.post("/api/v1/lockers", json={"name": "locker"})
    parcel = b'{"name": "parcel"}'
    assert send(api, parcel, "/api/v1/lockers/1/parcels").status == 201
    assert send(api, parcel, "/api/v1/lockers/2/parcels").error == "idempotency_key_reused"


@pytest.mark.parametrize(
    "body", [b"", b"null", b'{"name": "x", "colour": ' + b"[" * 9000 + b"]" * 9000 + b"}"]
)
def test_a_body_that_is_refused_without_a_key_is_refused_with_one(api: Client, body: bytes) -> None:
    without, with_key = api.post("/api/v1/gadgets", body=body), send(api, body)
    assert (without.status, without.error) == (with_key.status, with_key.error) == (422, "validation_error")
