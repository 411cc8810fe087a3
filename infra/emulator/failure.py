class Failure(Exception):
    """Something a person has to mend; the message is the one line that they see."""
