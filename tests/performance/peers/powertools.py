"""Powertools' resolver over raw pg8000 with a kept connection: the least that serves the route.

`VALIDATION=0` leaves out the resolver's validation of the parameters and of the answer. `KEEP_CALLER=1` keeps
the caller's row for 30 s, as ours does; else each call reads it.
"""

import os
import ssl
import time
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit

import pg8000.native
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ForbiddenError, NotFoundError

logger = Logger(service="powertools")
metrics = Metrics(namespace="Powertools", service="powertools")  # at hand: a read counts nothing, as ours
validation = os.environ.get("VALIDATION") != "0"
app = APIGatewayHttpResolver(enable_validation=validation)
kept: list[pg8000.native.Connection] = []
caller_lifetime = 30 if os.environ.get("KEEP_CALLER") == "1" else 0  # seconds
callers: dict[int, tuple[float, Any]] = {}  # by id: until when, and the row


def connection() -> pg8000.native.Connection:
    if not kept:
        url = urlsplit(os.environ["DATABASE_URL"])
        kept.append(
            pg8000.native.Connection(
                url.username,
                host=url.hostname,
                port=url.port,
                database=url.path[1:],
                password=token(url.hostname, url.port, url.username),
                ssl_context=ssl.create_default_context(cafile=os.environ["DATABASE_CA_FILE"]),
            )
        )
    return kept[0]


def token(host: str | None, port: int | None, user: str | None) -> str:
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.session import Session

    request = AWSRequest("GET", f"https://{host}:{port}/", params={"Action": "connect", "DBUser": user})
    credentials = Session().get_credentials().get_frozen_credentials()
    SigV4QueryAuth(credentials, "rds-db", os.environ["AWS_REGION"], expires=900).add_auth(request)
    return str(request.url).removeprefix("https://")


def read(item_id: int) -> dict[str, Any]:
    db = connection()
    caller = int(app.current_event.raw_event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"])
    db.run("BEGIN")  # a pooler in transaction mode takes nothing less from this driver
    try:
        expires, users = callers.get(caller, (0.0, None))
        if time.monotonic() >= expires:
            users = db.run("SELECT role, is_active FROM users WHERE id = :id", id=caller)
            callers[caller] = (time.monotonic() + caller_lifetime, users)
        items = db.run("SELECT id, name, description FROM items WHERE id = :id", id=item_id)
    finally:
        db.run("ROLLBACK")
    if not users or not users[0][1]:
        raise ForbiddenError("not allowed")
    if not items:
        raise NotFoundError
    return dict(zip(("id", "name", "description"), items[0], strict=True))


if validation:
    from aws_lambda_powertools.event_handler.openapi.params import Path
    from pydantic import BaseModel

    class Item(BaseModel):
        id: int
        name: str
        description: str

    class Health(BaseModel):
        status: str

    @app.get("/health")
    def health() -> Health:
        return Health(status="ok")

    @app.get("/api/v1/items/<item_id>")
    def get_item(item_id: Annotated[int, Path(ge=1)]) -> Response[Item]:
        item = Item(**read(item_id))
        etag = f'"{sha256(item.model_dump_json().encode()).hexdigest()[:32]}"'
        if app.current_event.headers.get("if-none-match") == etag:
            return Response(304)
        return Response(200, "application/json", item, headers={"ETag": etag})

else:
    import json

    @app.get("/api/v1/items/<item_id>")
    def get_item_unchecked(item_id: str) -> Response[str]:
        body = json.dumps(read(int(item_id)), separators=(",", ":"))
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        if app.current_event.headers.get("if-none-match") == etag:
            return Response(304)
        return Response(200, "application/json", body, headers={"ETag": etag})


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    logger.info("GET /api/v1/items/{id}")
    return app.resolve(event, context)
