"""GET /assets/{name}: a script or a style of the documentation's pages.

Errors: asset_not_found.
"""

from typing import Annotated, Any

from shared.http import lambda_handler, one_route_app

from fastapi import Path, Request, Response

from meta.documentation_files import asset_response, described

NAME: dict[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "As a page names it, with a hash of what it holds",
    "schema": {"type": "string"},
    "example": "redoc.0123456789abcdef.js",
}

app = one_route_app(has_etag=False, any_query=True)


@app.get(
    "/assets/{name}",
    response_class=Response,
    responses=described("FileText", "text/javascript", "text/css", also=404),
    openapi_extra={"parameters": [NAME]},
)
async def docs_asset(request: Request, name: Annotated[str, Path(include_in_schema=False)]) -> Response:
    return asset_response(request, name)


handler = lambda_handler(app)
