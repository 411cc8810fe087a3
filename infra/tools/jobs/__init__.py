"""Lists, reruns and drops dead jobs: `make jobs`."""
