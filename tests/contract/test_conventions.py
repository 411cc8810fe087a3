"""The API's conventions, over every route that they hold for. A route without an entry here fails by name."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.client import ROOT, ROUTES, Client
from tests.conftest import NewUser

NOWHERE = 2**63 - 1
HOSTILE = ["\x00", "\x1b", "\ud800"]


class World:
    """An admin's client over an empty database, and numbers that never come twice."""

    def __init__(self, api: Client, new_user: NewUser) -> None:
        self.api, self.new_user = api, new_user
        self._number = 0

    def next(self) -> int:
        self._number += 1
        return self._number

    def made(self, resource: str) -> str:
        """The path of a new row."""
        if resource == "me":
            return "/api/v1/users/me"
        if resource == "user":
            user = self.new_user(f"user{self.next()}")
            assert user.claims is not None
            return f"/api/v1/users/{user.claims['sub']}"
        path, body = CREATES[f"create_{resource}"](self)
        answer = self.api.post(path, json=body)
        assert answer.status == 201, answer.body
        return answer.headers["location"]


@pytest.fixture
def world(new_user: NewUser) -> World:
    return World(new_user("admin", role="admin"), new_user)


def a_book(world: World) -> dict[str, Any]:
    published = {"author": "A", "published_date": "2026-01-31"}
    return {"title": "T", "isbn": f"{world.next():010d}", **published}


# operation: its path, and a body that creates
CREATES: dict[str, Callable[[World], tuple[str, dict[str, Any]]]] = {
    "create_item": lambda world: ("/api/v1/items", {"name": f"item {world.next()}"}),
    "create_author": lambda world: ("/api/v1/authors", {"name": f"author {world.next()}"}),
    "create_category": lambda world: ("/api/v1/categories", {"name": f"category {world.next()}"}),
    "create_book": lambda world: ("/api/v1/books", a_book(world)),
    "create_review": lambda world: (f"{world.made('book')}/reviews", {"rating": 5, "body": "good"}),
}

# operation: what it changes, in text where it takes any
UPDATES: dict[str, dict[str, Any]] = {
    "update_item": {"name": "changed"},
    "update_author": {"name": "changed"},
    "update_category": {"name": "changed"},
    "update_book": {"title": "changed"},
    "update_review": {"body": "changed"},
    "update_me": {"name": "changed"},
    "update_user": {"role": "admin"},
}

READS = ["get_item", "get_author", "get_category", "get_book", "get_me", "get_user"]
DELETES = ["delete_item", "delete_author", "delete_category", "delete_book", "delete_review"]


class Listed:
    """A list, a way to add a row to it and one to take a row away; both by the row's id."""

    def __init__(self, path: str, add: Callable[[], int], remove: Callable[[int], object]) -> None:
        self.path, self.add, self.remove = path, add, remove


def rows_of(collection: str, resource: str) -> Callable[[World, sa.Connection], Listed]:
    def listed(world: World, db: sa.Connection) -> Listed:
        def add() -> int:
            return int(world.made(resource).rpartition("/")[2])

        return Listed(collection, add, lambda row: world.api.delete(f"{collection}/{row}"))

    return listed


def users(world: World, db: sa.Connection) -> Listed:
    def remove(user: int) -> None:
        db.execute(sa.text("DELETE FROM users WHERE id = :id"), {"id": user})
        db.commit()

    return Listed("/api/v1/users", lambda: int(world.made("user").rpartition("/")[2]), remove)


def reviews(world: World, db: sa.Connection) -> Listed:
    book = world.made("book")

    def add() -> int:
        reader = world.new_user(f"reader{world.next()}")
        return int(reader.post(f"{book}/reviews", json={"rating": 1, "body": ""}).json()["id"])

    def remove(review: int) -> None:
        db.execute(sa.text("DELETE FROM reviews WHERE id = :id"), {"id": review})
        db.commit()

    return Listed(f"{book}/reviews", add, remove)


def followers(world: World, db: sa.Connection) -> Listed:
    me = world.api.get("/api/v1/users/me").json()["id"]

    def add() -> int:
        fan = world.made("user")
        Client().as_user(int(fan.rpartition("/")[2])).put(f"/api/v1/users/{me}/follow")
        return int(fan.rpartition("/")[2])

    def remove(fan: int) -> None:
        Client().as_user(fan).delete(f"/api/v1/users/{me}/follow")

    return Listed(f"/api/v1/users/{me}/followers", add, remove)


def following(world: World, db: sa.Connection) -> Listed:
    me = world.api.get("/api/v1/users/me").json()["id"]

    def add() -> int:
        idol = world.made("user")
        world.api.put(f"{idol}/follow")
        return int(idol.rpartition("/")[2])

    return Listed(
        f"/api/v1/users/{me}/following", add, lambda idol: world.api.delete(f"/api/v1/users/{idol}/follow")
    )


LISTS: dict[str, Callable[[World, sa.Connection], Listed]] = {
    "list_items": rows_of("/api/v1/items", "item"),
    "list_books": rows_of("/api/v1/books", "book"),
    "list_authors": rows_of("/api/v1/authors", "author"),
    "list_categories": rows_of("/api/v1/categories", "category"),
    "list_reviews": reviews,
    "list_users": users,
    "list_followers": followers,
    "list_following": following,
}


def resource_of(operation: str) -> str:
    return operation.partition("_")[2]


def test_every_route_has_its_entry() -> None:
    entries = {"create": CREATES, "read": READS, "update": UPDATES, "delete": DELETES, "list": LISTS}
    there = {path.stem for path in (ROOT / "functions").glob("*/*.py")}
    for row in ROUTES:
        operation = row["operation_id"]
        if operation in there and row["kind"] in entries:
            assert operation in entries[row["kind"]], f"{operation} has no entry in {__file__}"


@pytest.mark.parametrize("operation", CREATES)
class TestCreates:
    def test_answer_201_with_place_and_version(self, world: World, operation: str) -> None:
        path, body = CREATES[operation](world)
        answer = world.api.post(path, json=body)
        assert answer.status == 201
        place, resource = answer.headers["location"], resource_of(operation)
        assert place.endswith(f"/{answer.json()['id']}")
        if f"get_{resource}" in READS:
            read = world.api.get(place)
            assert (read.json(), read.headers["etag"]) == (answer.json(), answer.headers["etag"])

    def test_a_key_makes_one_row_and_one_answer(self, world: World, operation: str) -> None:
        path, body = CREATES[operation](world)
        key = {"Idempotency-Key": "k"}
        first, again = (world.api.post(path, json=body, headers=key) for _ in range(2))
        assert (first.status, again.status) == (201, 201)
        assert first.body == again.body
        assert again.headers["idempotent-replayed"] == "true"
        for header in ("location", "etag"):
            assert first.headers[header] == again.headers[header]
        other = world.api.post(path, json=body | CHANGED[operation], headers=key)
        assert (other.status, other.error) == (422, "idempotency_key_reused")

    def test_a_key_that_is_none_is_refused(self, world: World, operation: str) -> None:
        path, body = CREATES[operation](world)
        answer = world.api.post(path, json=body, headers={"Idempotency-Key": "a b"})
        assert (answer.status, answer.error) == (422, "validation_error")

    def test_unknown_fields_and_parameters_are_refused(self, world: World, operation: str) -> None:
        path, body = CREATES[operation](world)
        assert world.api.post(path, json=body | {"colour": 1}).error == "validation_error"
        assert world.api.post(f"{path}?colour=1", json=body).error == "validation_error"

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_is_refused_and_the_next_call_works(
        self, world: World, operation: str, text: str
    ) -> None:
        path, body = CREATES[operation](world)
        [field] = CHANGED[operation]
        answer = world.api.post(path, json=body | {field: f"a{text}"})
        assert (answer.status, answer.error) == (422, "validation_error")
        assert world.api.post(path, json=body).status == 201


# operation: one text field with another value
CHANGED = {
    "create_item": {"name": "other"},
    "create_author": {"name": "other"},
    "create_category": {"name": "other"},
    "create_book": {"title": "other"},
    "create_review": {"body": "other"},
}


@pytest.mark.parametrize("operation", READS)
class TestReads:
    def test_say_304_to_who_has_it_already(self, world: World, operation: str) -> None:
        place = world.made(resource_of(operation))
        answer = world.api.get(place)
        assert answer.status == 200
        etag = answer.headers["etag"]
        assert etag.startswith('"')
        known = world.api.get(place, headers={"If-None-Match": etag})
        assert (known.status, known.body, known.headers["etag"]) == (304, b"", etag)
        assert world.api.get(place, headers={"If-None-Match": '"other"'}).status == 200

    def test_refuse_unknown_parameters(self, world: World, operation: str) -> None:
        assert world.api.get(world.made(resource_of(operation)) + "?colour=1").status == 422


@pytest.mark.parametrize("operation", UPDATES)
class TestUpdates:
    def test_give_the_new_version_and_refuse_a_stale_one(self, world: World, operation: str) -> None:
        place, body = world.made(resource_of(operation)), UPDATES[operation]
        first = world.api.put(place, json={})
        assert first.status == 200
        version = {"If-Match": first.headers["etag"]}
        second = world.api.put(place, json=body, headers=version)
        assert second.status == 200
        assert {name: second.json()[name] for name in body} == body
        if operation == "update_user":  # its URL shows the Profile, which an admin's update leaves as it is
            assert second.headers["etag"] == world.api.get(place).headers["etag"]
            return
        assert second.headers["etag"] != first.headers["etag"]
        stale = world.api.put(place, json=body, headers=version)
        assert (stale.status, stale.error) == (412, "precondition_failed")

    def test_say_404_before_412(self, world: World, operation: str) -> None:
        resource = resource_of(operation)
        if resource == "me":
            pytest.skip("one is always there")
        nowhere = world.made(resource).rpartition("/")[0] + f"/{NOWHERE}"
        answer = world.api.put(nowhere, json={}, headers={"If-Match": '"x"'})
        assert (answer.status, answer.error) == (404, f"{resource}_not_found")

    def test_refuse_unknown_fields(self, world: World, operation: str) -> None:
        place = world.made(resource_of(operation))
        assert world.api.put(place, json={"colour": 1}).error == "validation_error"
        assert world.api.put(f"{place}?colour=1", json={}).error == "validation_error"


@pytest.mark.parametrize("operation", DELETES)
class TestDeletes:
    def test_give_the_row_back_unless_it_is_another_version(self, world: World, operation: str) -> None:
        resource = resource_of(operation)
        place = world.made(resource)
        stale = world.api.delete(place, headers={"If-Match": '"other"'})
        assert (stale.status, stale.error) == (412, "precondition_failed")
        current = world.api.put(place, json={})
        answer = world.api.delete(place, headers={"If-Match": current.headers["etag"]})
        assert (answer.status, answer.json()) == (200, current.json())
        gone = world.api.delete(place, headers={"If-Match": '"other"'})
        assert (gone.status, gone.error) == (404, f"{resource}_not_found")


@pytest.mark.parametrize("operation", LISTS)
class TestLists:
    def test_cursors_lead_to_the_end_while_rows_come_and_go(
        self, world: World, db: sa.Connection, operation: str
    ) -> None:
        listed = LISTS[operation](world, db)
        there = [listed.add() for _ in range(9)]
        seen: list[int] = []
        path, pages = f"{listed.path}?limit=2", 0
        while path:
            page = world.api.get(path)
            assert page.status == 200
            seen += [row["id"] for row in page.json()]
            path = page.headers.get("link", "").partition(">")[0].lstrip("<")
            pages += 1
            listed.add()  # newer than all that is still to come
            if pages == 2:
                listed.remove(there[8])  # shown already
                listed.remove(there[0])  # still to come
        kept = [row for row in seen if row in there]
        assert len(set(seen)) == len(seen)
        assert kept == [row for row in reversed(there) if row != there[0]]

    def test_cursors_are_bound_to_their_list_and_whole(
        self, world: World, db: sa.Connection, operation: str
    ) -> None:
        listed = LISTS[operation](world, db)
        for _ in range(3):
            listed.add()
        link = world.api.get(f"{listed.path}?limit=1").headers["link"]
        cursor = link.partition("cursor=")[2].partition(">")[0]
        assert world.api.get(f"{listed.path}?cursor={cursor}").status == 200
        elsewhere = "/api/v1/items" if operation != "list_items" else "/api/v1/authors"
        for path in (
            f"{elsewhere}?cursor={cursor}",
            f"{listed.path}?cursor={'A' if cursor[0] != 'A' else 'B'}{cursor[1:]}",
            f"{listed.path}?cursor={cursor}A",
            f"{listed.path}?cursor=%F0%9F%98%80",
        ):
            answer = world.api.get(path)
            assert (answer.status, answer.error) == (400, "invalid_cursor"), path

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=101", "offset=-1", "offset=10001", "cursor=a&offset=1", "colour=red"]
    )
    def test_bounds_hold(self, world: World, db: sa.Connection, operation: str, query: str) -> None:
        answer = world.api.get(f"{LISTS[operation](world, db).path}?{query}")
        assert (answer.status, answer.error) == (422, "validation_error")
