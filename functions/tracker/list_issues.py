"""GET /api/v1/projects/{id}/issues: list the issues of one's own project, newest first."""

from typing import Annotated

from shared.database import PageQuery, ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue, Project

from fastapi import Query

from tracker.queries import own_issues, own_projects
from tracker.schemas import IssueOut, IssueStatus

app = one_route_app(has_etag=False)


@app.get("/api/v1/projects/{id}/issues", response_model=list[IssueOut])
async def list_issues(
    project_id: PathId,
    caller: CurrentUser,
    db: ReadSession,
    page: PageQuery,
    status: Annotated[IssueStatus | None, Query()] = None,
) -> list[Issue]:
    get_or_404(db, own_projects(caller).where(Project.id == project_id))
    issues = own_issues(caller).where(Issue.project_id == project_id)
    if status is not None:
        issues = issues.where(Issue.status == status)
    return page.fetch(db, issues, key=[Issue.id])


handler = lambda_handler(app)
