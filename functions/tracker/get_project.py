"""GET /api/v1/projects/{id}: read one's own project."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from tracker.queries import own_projects
from tracker.schemas import ProjectOut

app = one_route_app()


@app.get("/api/v1/projects/{id}", response_model=ProjectOut)
async def get_project(project_id: PathId, caller: CurrentUser, db: ReadSession) -> Project:
    return get_or_404(db, own_projects(caller).where(Project.id == project_id))


handler = lambda_handler(app)
