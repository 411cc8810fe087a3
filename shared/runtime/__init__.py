"""The function's process: settings, cold start, snapshots, logs and metrics, request signing."""
