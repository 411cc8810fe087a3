"""Issues: their states and times, and that they are their project's owner's alone."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.statements import recorded


@pytest.fixture
def project(api: Client) -> str:
    """The path of a project of the caller's."""
    return api.post("/api/v1/projects", json={"name": "garden"}).headers["location"]


def new(api: Client, project: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"{project}/issues", json={"title": "weeds"} | body)
    assert answer.status == 201, answer.body
    return answer.json()


def place(issue: dict[str, Any]) -> str:
    return f"/api/v1/issues/{issue['id']}"


class TestCreateIssue:
    def test_shows_every_field(self, api: Client, project: str) -> None:
        issue = new(api, project, body="by the fence")
        assert issue["created_at"] == issue["updated_at"]
        times = {name: issue.pop(name) for name in ("created_at", "updated_at")}
        assert all(value.endswith("Z") for value in times.values())
        known = {"id": 1, "project_id": 1, "title": "weeds", "body": "by the fence", "status": "open"}
        assert issue == known

    def test_may_begin_in_any_state(self, api: Client, project: str) -> None:
        assert new(api, project, status="closed")["status"] == "closed"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "x" * 201),
            ("body", "x" * 10_001),
            ("status", "done"),
            ("status", "Open"),
            ("status", None),
            ("project_id", 1),
        ],
    )
    def test_refuses_other_values(self, api: Client, project: str, field: str, value: object) -> None:
        answer = api.post(f"{project}/issues", json={"title": "weeds"} | {field: value})
        assert (answer.status, answer.error) == (422, "validation_error")
        assert answer.json()["details"]["errors"][0]["loc"] == ["body", field]

    def test_in_no_project_is_404(self, api: Client) -> None:
        answer = api.post("/api/v1/projects/99/issues", json={"title": "weeds"})
        assert (answer.status, answer.error) == (404, "project_not_found")


class TestListIssues:
    def ids(self, api: Client, path: str) -> list[int]:
        return [issue["id"] for issue in api.get(path).json()]

    def test_filters_by_state_within_the_project(self, api: Client, project: str) -> None:
        other = api.post("/api/v1/projects", json={"name": "park"}).headers["location"]
        for status in ("open", "closed", "in_progress", "closed"):
            new(api, project, status=status)
        new(api, other, status="closed")
        assert self.ids(api, f"{project}/issues") == [4, 3, 2, 1]
        assert self.ids(api, f"{project}/issues?status=closed") == [4, 2]
        assert self.ids(api, f"{project}/issues?status=in_progress") == [3]
        assert self.ids(api, f"{other}/issues") == [5]
        assert self.ids(api, f"{other}/issues?status=open") == []

    @pytest.mark.parametrize("status", ["done", "", "OPEN", "open,closed"])
    def test_refuses_other_states(self, api: Client, project: str, status: str) -> None:
        assert api.get(f"{project}/issues?status={status}").error == "validation_error"

    def test_is_two_statements_however_many_there_are(self, api: Client, project: str) -> None:
        for _ in range(5):
            new(api, project)
        with recorded() as statements:
            api.get(f"{project}/issues")
        assert len(statements) == 2, statements  # the project, its issues


class TestUpdateIssue:
    def test_null_clears_the_body_and_keeps_title_and_state(self, api: Client, project: str) -> None:
        issue = new(api, project, body="by the fence", status="in_progress")
        changed = api.put(place(issue), json={"title": None, "body": None, "status": None}).json()
        assert changed["updated_at"] > issue["updated_at"]
        assert changed == issue | {"body": None, "updated_at": changed["updated_at"]}

    def test_tells_when_it_changed_and_nothing_else_of_the_past(self, api: Client, project: str) -> None:
        issue = new(api, project)
        closed = api.put(place(issue), json={"status": "closed"}).json()
        assert closed["created_at"] == issue["created_at"]
        assert datetime.fromisoformat(closed["updated_at"]) > datetime.fromisoformat(issue["updated_at"])
        assert api.get(place(issue)).json() == closed

    def test_what_changes_nothing_is_no_change(self, api: Client, project: str) -> None:
        issue = new(api, project)
        assert api.put(place(issue), json={"title": issue["title"]}).json() == issue

    def test_a_change_is_two_statements(self, api: Client, project: str) -> None:
        issue = new(api, project)
        with recorded() as statements:
            api.put(place(issue), json={"status": "closed"})
        assert len(statements) == 2, statements  # the locked row; the update, which gives the time back

    def test_an_issue_stays_in_its_project(self, api: Client, project: str) -> None:
        assert api.put(place(new(api, project)), json={"project_id": 2}).error == "validation_error"


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"status": "closed"}), ("DELETE", None)])
def test_to_a_stranger_an_issue_is_not_there(
    api: Client, stranger: Client, project: str, method: str, body: Any
) -> None:
    issue = new(api, project)
    answer = stranger.call(method, place(issue), json=body)
    assert (answer.status, answer.error) == (404, "issue_not_found")
    assert api.get(place(issue)).json() == issue
