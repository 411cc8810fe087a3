"""GET /api/v1/health: whether the API's database and cache answer."""

import json
import time
from typing import Any

from shared import __version__
from shared.database.engines import engine
from shared.database.read_only import read_only
from shared.http import ServiceUnavailable, lambda_handler, one_route_app
from shared.redis.cache import cache, status
from shared.runtime.observability import logger

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from meta.schemas import Readiness

MAX_AGE = 5  # seconds: a burst of checks costs the database one
TIMEOUT = 1  # seconds

app = one_route_app(has_etag=False)


@app.get("/api/v1/health", response_model=Readiness, responses={503: {"model": Readiness}})
async def readiness() -> Response:
    report = cache().get("readiness")
    if report is None:
        report = json.dumps(_report()).encode()
        cache().set("readiness", report, MAX_AGE)
    code = 200 if json.loads(report)["status"] == "ok" else 503
    return Response(report, code, {"Cache-Control": "no-store"}, media_type="application/json")


def _report() -> dict[str, Any]:
    database = _database()
    checks = {"database": database, "cache": {"status": status()}}
    return {"status": database["status"], "version": __version__, "checks": checks}


def _database() -> dict[str, Any]:
    started = time.perf_counter()
    try:
        with Session(read_only(engine(timeout=TIMEOUT))) as db:
            db.execute(select(1))
    except ServiceUnavailable:
        logger().exception("The database does not answer")
        return {"status": "down", "latency_ms": None}
    return {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 1)}


handler = lambda_handler(app)
