"""Demo data: the same users, books, projects, posts and likes every time."""
