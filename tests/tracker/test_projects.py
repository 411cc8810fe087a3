"""Projects: what they hold, and that nobody but their owner learns of them."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.client import Client
from tests.support.statements import recorded

PROJECTS = "/api/v1/projects"


def new(api: Client, **body: Any) -> dict[str, Any]:
    answer = api.post(PROJECTS, json={"name": "garden"} | body)
    assert answer.status == 201, answer.body
    return answer.json()


def place(project: dict[str, Any]) -> str:
    return f"{PROJECTS}/{project['id']}"


class TestCreateProject:
    def test_shows_every_field(self, api: Client) -> None:
        answer = api.post(PROJECTS, json={"name": "garden", "description": "behind the house"})
        project = answer.json()
        assert project.pop("created_at").endswith("Z")
        assert project == {"id": 1, "name": "garden", "description": "behind the house", "owner_id": 1}
        assert answer.headers["location"] == f"{PROJECTS}/1"

    def test_needs_a_name_alone(self, api: Client) -> None:
        assert new(api)["description"] is None

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", ""), ("name", "x" * 101), ("name", None), ("description", "x" * 10_001), ("owner_id", 2)],
    )
    def test_refuses_other_values(self, api: Client, field: str, value: object) -> None:
        answer = api.post(PROJECTS, json={"name": "garden"} | {field: value})
        assert (answer.status, answer.error) == (422, "validation_error")
        assert answer.json()["details"]["errors"][0]["loc"] == ["body", field]

    def test_a_name_may_be_taken_twice_and_be_a_hundred_letters_long(self, api: Client) -> None:
        assert [new(api, name="é" * 100)["id"] for _ in range(2)] == [1, 2]


class TestListProjects:
    def test_shows_the_callers_own_and_no_other(self, api: Client, stranger: Client) -> None:
        mine = [new(api)["id"] for _ in range(3)]
        theirs = new(stranger)["id"]
        assert [project["id"] for project in api.get(PROJECTS).json()] == mine[::-1]
        assert [project["id"] for project in stranger.get(PROJECTS).json()] == [theirs]

    def test_anothers_cursor_leads_to_ones_own_projects(self, api: Client, stranger: Client) -> None:
        new(stranger)
        for _ in range(3):
            new(api)
        link = api.get(f"{PROJECTS}?limit=1").headers["link"].partition(">")[0].lstrip("<")
        assert [project["id"] for project in stranger.get(link).json()] == [1]

    def test_is_one_statement(self, api: Client) -> None:
        new(api)
        with recorded() as statements:
            api.get(PROJECTS)
        assert len(statements) == 1, statements


class TestGetProject:
    def test_shows_what_was_created(self, api: Client) -> None:
        project = new(api)
        assert api.get(place(project)).json() == project


class TestUpdateProject:
    def test_null_clears_the_description_and_keeps_the_name(self, api: Client) -> None:
        project = new(api, description="old")
        assert api.put(place(project), json={"name": "park"}).json() == project | {"name": "park"}
        cleared = api.put(place(project), json={"name": None, "description": None}).json()
        assert cleared == project | {"name": "park", "description": None}

    @pytest.mark.parametrize("field", ["owner_id", "created_at", "id"])
    def test_what_is_not_the_callers_to_choose_is_refused(self, api: Client, field: str) -> None:
        assert api.put(place(new(api)), json={field: 2}).error == "validation_error"


class TestDeleteProject:
    def test_takes_its_issues_along(self, api: Client, db: sa.Connection) -> None:
        project, other = new(api), new(api)
        for each in (project, other):
            api.post(f"{place(each)}/issues", json={"title": "weeds"})
        assert api.delete(place(project)).json() == project
        assert api.get("/api/v1/issues/1").error == "issue_not_found"
        assert db.scalars(sa.text("SELECT project_id FROM issues")).all() == [other["id"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"name": "mine"}),
        ("DELETE", "", None),
        ("POST", "/issues", {"title": "mine"}),
        ("GET", "/issues", None),
        ("GET", "/issues?status=open", None),
        ("GET", "/issues?offset=1", None),
    ],
)
class TestToAStranger:
    def test_a_project_is_not_there(
        self, api: Client, stranger: Client, method: str, path: str, body: Any
    ) -> None:
        project = new(api)
        api.post(f"{place(project)}/issues", json={"title": "weeds"})
        theirs = stranger.call(method, f"{place(project)}{path}", json=body)
        nowhere = stranger.call(method, f"{PROJECTS}/99{path}", json=body)
        assert (theirs.status, theirs.error) == (404, "project_not_found")
        assert _but_id(theirs.json()) == _but_id(nowhere.json())
        assert api.get(place(project)).json() == project

    def test_not_even_its_version_can_be_guessed(
        self, api: Client, stranger: Client, method: str, path: str, body: Any
    ) -> None:
        etag = api.get(place(new(api))).headers["etag"]
        headers = {"If-Match": etag, "If-None-Match": etag}
        assert stranger.call(method, f"{PROJECTS}/1{path}", json=body, headers=headers).status == 404


def _but_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "request_id"}
