"""GET /health: the function runs. It touches nothing."""

from shared.http import lambda_handler, one_route_app

from starlette.responses import Response

from meta.schemas import Health

app = one_route_app()


@app.get("/health", response_model=Health)
async def health(response: Response) -> dict[str, str]:
    response.headers["Cache-Control"] = "no-store"
    return {"status": "ok"}


handler = lambda_handler(app)
