"""GET /: what this API is and where its documentation stands."""

from shared import __version__
from shared.http import lambda_handler, one_route_app
from shared.runtime.product import TITLE

from meta.schemas import About

app = one_route_app(has_etag=False)


@app.get("/", response_model=About)
async def root() -> dict[str, str]:
    return {"name": TITLE, "version": __version__, "docs": "/docs", "openapi": "/openapi.json"}


handler = lambda_handler(app)
