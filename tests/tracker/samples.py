from tests.support.sample_calls import Rows, Sample, World, created


def issue_in(world: World, path: str) -> int:
    answer = world.admin.post(path, json={"title": "issue"})
    return int(answer.json()["id"])


SAMPLES = {
    "create_project": Sample("/api/v1/projects", {"name": "project {n}"}),
    "list_projects": Sample("/api/v1/projects", rows=Rows(created("project"), "projects")),
    "get_project": Sample("/api/v1/projects/{project}"),
    "update_project": Sample("/api/v1/projects/{project}", {"name": "changed"}),
    "delete_project": Sample("/api/v1/projects/{project}"),
    "create_issue": Sample("/api/v1/projects/{project}/issues", {"title": "issue {n}"}),
    "list_issues": Sample("/api/v1/projects/{project}/issues", rows=Rows(issue_in, "issues")),
    "get_issue": Sample("/api/v1/issues/{issue}"),
    "update_issue": Sample("/api/v1/issues/{issue}", {"title": "changed"}),
    "delete_issue": Sample("/api/v1/issues/{issue}"),
}
