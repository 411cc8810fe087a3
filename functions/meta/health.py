"""GET /health: the function runs. It touches nothing."""

from shared.http import lambda_handler, one_route_app

from fastapi import Response

from meta.schemas import Health

app = one_route_app(has_etag=False)


@app.get("/health", response_model=Health)
async def health(response: Response) -> Health:
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ok")


handler = lambda_handler(app)
