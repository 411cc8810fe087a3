"""The tracker: projects and their issues, seen by their owner alone."""
