"""Demo data: users and what they keep, write and like, the same every time."""
