"""Commands for changing the project: a new domain, a migration, documents generated from code."""
