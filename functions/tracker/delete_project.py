"""DELETE /api/v1/projects/{id}: delete one's own project and its issues."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from tracker.queries import own_projects
from tracker.schemas import ProjectOut

app = one_route_app()


@app.delete("/api/v1/projects/{id}", response_model=ProjectOut)
async def delete_project(
    project_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Project:
    mine = own_projects(caller).where(Project.id == project_id)
    project = get_or_404(db, mine.with_for_update())
    preconditions.check(project)
    db.delete(project)
    return project


handler = lambda_handler(app)
