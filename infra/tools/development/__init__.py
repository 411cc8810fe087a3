"""What helps whoever changes the project: a new domain, a migration, the documents that are made of code."""
