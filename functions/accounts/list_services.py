"""GET /api/v1/services: list services, newest first, for admins."""

from shared.database import PageQuery, ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import Admin
from shared.models.services import Service

from sqlalchemy import select

from accounts.service_schemas import ServiceOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/services", response_model=list[ServiceOut])
async def list_services(caller: Admin, db: ReadSession, page: PageQuery) -> list[Service]:
    return page.fetch(db, select(Service), key=[Service.id])


handler = lambda_handler(app)
