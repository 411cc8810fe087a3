"""Clients of docs/openapi.json: typed ones in Python and TypeScript, and a Postman collection that runs."""
