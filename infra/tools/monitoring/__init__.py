"""Dashboard and alarms: each declaration makes a widget, an alarm and a row of docs/monitoring.md.

`make observability` writes infra/stacks/observability.yaml and the table from `alarms.toml`.
"""
