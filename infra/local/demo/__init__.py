"""Demo data, the same every time: infra/domains has that of each domain."""
