"""GET /api/v1/issues/{id}: read an issue of one's own project."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue

from tracker.queries import own_issues
from tracker.schemas import IssueOut

app = one_route_app()


@app.get("/api/v1/issues/{id}", response_model=IssueOut)
async def get_issue(issue_id: PathId, caller: CurrentUser, db: ReadSession) -> Issue:
    return get_or_404(db, own_issues(caller).where(Issue.id == issue_id))


handler = lambda_handler(app)
