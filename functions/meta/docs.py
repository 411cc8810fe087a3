"""GET /docs: the API to read and to try, by Swagger UI."""

from shared.http import lambda_handler, one_route_app

from fastapi import Request, Response

from meta.documentation_files import OF_PAGE, PAGE, file_response

app = one_route_app(any_query=True)


@app.get("/docs", response_class=Response, responses=OF_PAGE)
async def docs(request: Request) -> Response:
    return file_response(request, "docs.html", PAGE)


handler = lambda_handler(app)
