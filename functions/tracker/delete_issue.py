"""DELETE /api/v1/issues/{id}: delete an issue of one's own project."""

from shared.database import WriteSession, get_or_404
from shared.http import IfMatch, PathId, lambda_handler, one_route_app, representation, require_match
from shared.identity.callers import CurrentUser
from shared.models.tracker import Issue

from starlette.responses import Response

from tracker.queries import own_issues
from tracker.schemas import IssueOut

app = one_route_app()


@app.delete("/api/v1/issues/{id}", response_model=IssueOut)
async def delete_issue(
    issue_id: PathId, caller: CurrentUser, db: WriteSession, if_match: IfMatch = None
) -> Response:
    mine = own_issues(caller).where(Issue.id == issue_id)
    issue = get_or_404(db, mine.with_for_update(of=Issue))
    deleted = IssueOut.model_validate(issue)
    require_match(deleted, if_match)
    db.delete(issue)
    return representation(deleted)


handler = lambda_handler(app)
