"""`make build`, `make deploy` and `make destroy`: the steps around `sam build` and `sam deploy`."""
