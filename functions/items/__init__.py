"""Items: a name and a description, which all active users share."""
