"""POST /api/v1/projects: create a project."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from fastapi import Response

from tracker.schemas import ProjectCreate, ProjectOut

app = one_route_app()


@app.post("/api/v1/projects", status_code=201, response_model=ProjectOut, dependencies=[Idempotent])
async def create_project(
    body: ProjectCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Project:
    project = Project(name=body.name, description=body.description, owner_id=caller.id)
    db.add(project)
    db.flush()
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return project


handler = lambda_handler(app)
