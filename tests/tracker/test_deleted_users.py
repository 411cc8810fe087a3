"""The projects of deleted users are gone at once, with their issues."""

import sqlalchemy as sa

from tests.accounts.deletions import deletion_under_way
from tests.conftest import NewUser
from tests.support.client import Client
from tests.support.sample_calls import id_of


def rows(db: sa.Connection) -> list[int | None]:
    counts = [db.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in ("projects", "issues")]
    db.rollback()
    return counts


def test_projects_and_issues_are_gone(api: Client, new_user: NewUser, db: sa.Connection) -> None:
    assert api.post("/api/v1/projects", json={"name": "a"}).status == 201
    assert api.post("/api/v1/projects/1/issues", json={"title": "b"}).status == 201
    assert new_user("root", role="admin").delete(f"/api/v1/users/{id_of(api)}").status == 204
    stranger = new_user("stranger")
    for path in ("/api/v1/projects/1", "/api/v1/projects/1/issues", "/api/v1/issues/1"):
        assert (api.get(path).status, stranger.get(path).status) == (401, 404)
    assert stranger.get("/api/v1/projects").json() == []
    assert rows(db) == [0, 0]


def test_a_project_that_is_made_meanwhile_goes_too(api: Client, new_user: NewUser, db: sa.Connection) -> None:
    with deletion_under_way(db, new_user("root", role="admin"), api):
        made = api.post("/api/v1/projects", json={"name": "a"}).json()
        issues = f"/api/v1/projects/{made['id']}/issues"
        assert api.post(issues, json={"title": "b"}).status == 201
    assert api.post("/api/v1/projects", json={"name": "b"}).error == "unauthorized"
    assert api.post(issues, json={"title": "b"}).error == "project_not_found"
    assert rows(db) == [0, 0]
