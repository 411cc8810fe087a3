"""POST /api/v1/services: create a service, for admins.

`client_secret` is shown this once, so the call takes no `Idempotency-Key`: a record would keep the secret.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import NotIdempotent
from shared.identity.callers import Admin
from shared.identity.services import add_service

from fastapi import Response

from accounts.service_schemas import NewServiceOut, ServiceCreate, ServiceOut

app = one_route_app(has_etag=False)


@app.post("/api/v1/services", status_code=201, response_model=NewServiceOut, dependencies=[NotIdempotent])
async def create_service(
    body: ServiceCreate, caller: Admin, db: WriteSession, response: Response
) -> NewServiceOut:
    service, secret = add_service(db, body.name, body.scopes)
    response.headers["Location"] = f"/api/v1/services/{service.id}"
    return NewServiceOut(**ServiceOut.model_validate(service).model_dump(), client_secret=secret)


handler = lambda_handler(app)
