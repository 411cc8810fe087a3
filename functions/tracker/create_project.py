"""POST /api/v1/projects: create a project."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app, representation
from shared.idempotency import IdempotencyGuard
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from starlette.responses import Response

from tracker.schemas import ProjectCreate, ProjectOut

app = one_route_app()


@app.post("/api/v1/projects", status_code=201, response_model=ProjectOut)
async def create_project(
    body: ProjectCreate, caller: CurrentUser, db: WriteSession, guard: IdempotencyGuard
) -> Response:
    project = Project(name=body.name, description=body.description, owner_id=caller.id)
    db.add(project)
    db.flush()
    created = ProjectOut.model_validate(project)
    return guard.store(representation(created, status=201, location=f"/api/v1/projects/{project.id}"))


handler = lambda_handler(app)
