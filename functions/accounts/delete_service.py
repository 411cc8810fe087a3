"""DELETE /api/v1/services/{id}: delete a service, for admins.

Its secrets end at once, its access tokens within 30 s. What it owns stays.
"""

from shared.database import WriteSession
from shared.http import NotFound, PathId, lambda_handler, one_route_app
from shared.identity.callers import Admin
from shared.identity.services import remove_service

app = one_route_app()


@app.delete("/api/v1/services/{id}", status_code=204)
async def delete_service(service_id: PathId, caller: Admin, db: WriteSession) -> None:
    if not remove_service(db, service_id):
        raise NotFound("service")


handler = lambda_handler(app)
