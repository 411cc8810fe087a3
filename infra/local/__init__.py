"""The whole API on one machine: Postgres, the gateway, the Lambda Runtime API and its workers."""
