"""Whether an API answers, wherever it is: `make smoke URL=...`."""
