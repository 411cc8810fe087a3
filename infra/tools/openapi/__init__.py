"""The API document (OpenAPI 3.1), made of the routes' own apps.

FastAPI tells each route's parameters, body and answer. What it cannot know follows from what a route
depends on: who may call, which errors there are and with which headers. A client's author reads the rest in
`description.md`. Tests hold every answer of theirs against the document, and the document against the routes.
"""
