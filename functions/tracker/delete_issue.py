"""DELETE /api/v1/issues/{id}: delete an issue of one's own project."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue

from tracker.queries import own_issues
from tracker.schemas import IssueOut

app = one_route_app()


@app.delete("/api/v1/issues/{id}", response_model=IssueOut)
async def delete_issue(
    issue_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Issue:
    mine = own_issues(caller).where(Issue.id == issue_id)
    issue = get_or_404(db, mine.with_for_update(of=Issue))
    preconditions.check(issue)
    db.delete(issue)
    return issue


handler = lambda_handler(app)
