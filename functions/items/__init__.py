"""Items: a name and a description, shared by all active users."""
