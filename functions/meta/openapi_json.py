"""GET /openapi.json: the API document (OpenAPI 3.1)."""

from shared.http import lambda_handler, one_route_app

from fastapi import Request, Response

from meta.documentation_files import described, file_response

app = one_route_app(any_query=True)


@app.get(
    "/openapi.json",
    response_class=Response,
    responses=described("ApiDocument", "application/json", headers=["ETag"]),
)
async def openapi_json(request: Request) -> Response:
    return file_response(request, "openapi.json")


handler = lambda_handler(app)
