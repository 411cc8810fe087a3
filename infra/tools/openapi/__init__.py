"""Makes the API document (OpenAPI 3.1) from the routes' own apps.

FastAPI describes each route's parameters, body and answer. The rest follows from a route's dependencies: its
callers, its errors and its headers. `description.md` explains the conventions to a client's author. Tests
check every answer against the document, and the document against the routes.
"""
