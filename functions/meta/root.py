"""GET /: what this API is and where its documentation stands."""

from shared import __version__
from shared.http import lambda_handler, one_route_app

app = one_route_app()


@app.get("/")
async def root() -> dict[str, str]:
    return {"name": "Routewise", "version": __version__, "docs": "/docs", "openapi": "/openapi.json"}


handler = lambda_handler(app)
