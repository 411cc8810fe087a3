"""GET /api/v1/projects/{id}: read one's own project."""

from shared.database import ReadSession, get_or_404
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from starlette.responses import Response

from tracker.queries import own_projects
from tracker.schemas import ProjectOut

app = one_route_app()


@app.get("/api/v1/projects/{id}", response_model=ProjectOut)
async def get_project(
    project_id: PathId, caller: CurrentUser, db: ReadSession, if_none_match: IfNoneMatch = None
) -> Response:
    project = get_or_404(db, own_projects(caller).where(Project.id == project_id))
    return representation(ProjectOut.model_validate(project), if_none_match=if_none_match)


handler = lambda_handler(app)
