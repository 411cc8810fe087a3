"""Checks that an API answers: `make smoke URL=...`."""
