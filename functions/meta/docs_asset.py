"""GET /assets/{name}: a script or a style of the documentation's pages."""

from shared.http import lambda_handler, one_route_app

from fastapi import Request, Response

from meta.documentation_files import asset_response

app = one_route_app(has_etag=False, any_query=True)


@app.get("/assets/{name}")
async def docs_asset(request: Request, name: str) -> Response:
    return asset_response(request, name)


handler = lambda_handler(app)
