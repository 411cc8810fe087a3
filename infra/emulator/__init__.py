"""API Gateway (HTTP API) and Lambda on one machine, for any SAM template of Python functions."""
