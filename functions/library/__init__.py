"""The library: books, authors, categories, reviews. Anyone reads; active users write."""
