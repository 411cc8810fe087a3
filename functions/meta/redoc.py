"""GET /redoc: the API to read, by ReDoc."""

from shared.http import lambda_handler, one_route_app

from fastapi import Request, Response

from meta.documentation_files import OF_PAGE, PAGE, file_response

app = one_route_app(any_query=True)


@app.get("/redoc", response_class=Response, responses=OF_PAGE)
async def redoc(request: Request) -> Response:
    return file_response(request, "redoc.html", PAGE)


handler = lambda_handler(app)
