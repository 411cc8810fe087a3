"""PUT /api/v1/projects/{id}: update one's own project."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from tracker.queries import own_projects
from tracker.schemas import ProjectOut, ProjectUpdate

app = one_route_app()


@app.put("/api/v1/projects/{id}", response_model=ProjectOut)
async def update_project(
    project_id: PathId,
    body: ProjectUpdate,
    caller: CurrentUser,
    db: WriteSession,
    preconditions: Preconditions,
) -> Project:
    mine = own_projects(caller).where(Project.id == project_id)
    project = get_or_404(db, mine.with_for_update())
    preconditions.check(project)
    if body.name is not None:
        project.name = body.name
    if "description" in body.model_fields_set:
        project.description = body.description
    return project


handler = lambda_handler(app)
