"""The tracker: projects and their issues, which only their owner sees."""
