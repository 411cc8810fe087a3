"""PUT /api/v1/issues/{id}: update an issue of one's own project."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue

from tracker.queries import own_issues
from tracker.schemas import IssueOut, IssueUpdate

app = one_route_app()


@app.put("/api/v1/issues/{id}", response_model=IssueOut)
async def update_issue(
    issue_id: PathId, body: IssueUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Issue:
    mine = own_issues(caller).where(Issue.id == issue_id)
    issue = get_or_404(db, mine.with_for_update(of=Issue))
    preconditions.check(issue)
    if body.title is not None:
        issue.title = body.title
    if "body" in body.model_fields_set:
        issue.body = body.body
    if body.status is not None:
        issue.status = body.status
    db.flush()  # gives the time of the change
    return issue


handler = lambda_handler(app)
