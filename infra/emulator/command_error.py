class CommandError(Exception):
    """A mistake or an outage that the user can remove. The message is the one line that they see."""
