"""POST /api/v1/projects/{id}/issues: create an issue in one's own project."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue, Project

from fastapi import Response

from tracker.queries import own_projects
from tracker.schemas import IssueCreate, IssueOut

app = one_route_app()


@app.post("/api/v1/projects/{id}/issues", status_code=201, response_model=IssueOut, dependencies=[Idempotent])
async def create_issue(
    project_id: PathId, body: IssueCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Issue:
    # The lock keeps the project there until the issue is in.
    mine = own_projects(caller).where(Project.id == project_id)
    get_or_404(db, mine.with_for_update(read=True, key_share=True))
    issue = Issue(project_id=project_id, title=body.title, body=body.body, status=body.status)
    db.add(issue)
    db.flush()
    response.headers["Location"] = f"/api/v1/issues/{issue.id}"
    return issue


handler = lambda_handler(app)
