"""POST /api/v1/services/{id}/secrets: give a service another secret, for admins.

The two newest secrets count. So the service can change to the new one without a pause, and two calls end a
secret that leaked. `client_secret` is shown this once, so the call takes no `Idempotency-Key`.
"""

from shared.database import WriteSession
from shared.http import NotFound, PathId, lambda_handler, one_route_app
from shared.idempotency import NotIdempotent
from shared.identity.callers import Admin
from shared.identity.services import add_secret

from fastapi import Response

from accounts.service_schemas import SecretOut

app = one_route_app(has_etag=False)


@app.post(
    "/api/v1/services/{id}/secrets",
    status_code=201,
    response_model=SecretOut,
    dependencies=[NotIdempotent],
)
async def create_service_secret(
    service_id: PathId, caller: Admin, db: WriteSession, response: Response
) -> SecretOut:
    secret = add_secret(db, service_id)
    if secret is None:
        raise NotFound("service")
    response.headers["Location"] = f"/api/v1/services/{service_id}"
    return SecretOut(client_secret=secret)


handler = lambda_handler(app)
