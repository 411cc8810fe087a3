"""Bulk rows of the domains: tests/<domain>/bulk_rows.py fills tables for the lists of user 1."""

ROWS = 100_000
MOMENT = "timestamptz '2026-01-01' + n * interval '1 minute'"
BLOCK = "1 + n / 10001"  # rows of one owner come one after another: the first one's are behind all others'
SERIES = f"FROM generate_series(1, {ROWS}) n"
