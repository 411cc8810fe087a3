"""What others would assemble for `GET /api/v1/items/{id}`: the same rows read, checks, answer."""
