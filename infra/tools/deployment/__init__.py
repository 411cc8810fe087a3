"""What `make build` and `make deploy` do beside `sam build` and `sam deploy`."""
