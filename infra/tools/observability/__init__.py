"""What is watched in the cloud: each declaration is a widget, an alarm and a row of docs/operations.md.

`make observability` writes infra/stacks/observability.yaml and the table from `watched.py`.
"""
