"""What others would assemble for `GET /api/v1/items/{id}`: the same rows read, the same checks, the same answer."""
