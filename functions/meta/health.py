"""GET /health: the function runs. It touches nothing."""

from shared.http import lambda_handler, one_route_app

from starlette.responses import Response

from meta.schemas import Health

app = one_route_app()


@app.get("/health", response_model=Health)
async def health() -> Response:
    body = Health(status="ok").model_dump_json()
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")


handler = lambda_handler(app)
