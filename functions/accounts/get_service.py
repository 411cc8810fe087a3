"""GET /api/v1/services/{id}: read a service, for admins."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import Admin
from shared.models.services import Service

from sqlalchemy import select

from accounts.service_schemas import ServiceOut

app = one_route_app()


@app.get("/api/v1/services/{id}", response_model=ServiceOut)
async def get_service(service_id: PathId, caller: Admin, db: ReadSession) -> Service:
    return get_or_404(db, select(Service).where(Service.id == service_id))


handler = lambda_handler(app)
