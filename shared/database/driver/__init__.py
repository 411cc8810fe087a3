"""pg8000 as the API uses it: pipelined statements, IAM sign-in, redacted errors, statement traces."""
