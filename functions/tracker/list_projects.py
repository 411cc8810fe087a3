"""GET /api/v1/projects: list one's own projects, newest first."""

from shared.database import PageQuery, ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.tracker import Project

from tracker.queries import own_projects
from tracker.schemas import ProjectOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/projects", response_model=list[ProjectOut])
async def list_projects(caller: CurrentUser, db: ReadSession, page: PageQuery) -> list[Project]:
    return page.fetch(db, own_projects(caller), key=[Project.id])


handler = lambda_handler(app)
