"""GET /health: the function runs. It touches nothing."""

from shared.http import lambda_handler, one_route_app

app = one_route_app()


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


handler = lambda_handler(app)
