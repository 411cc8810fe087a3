"""The database, one module per domain. Importing this package registers every table on `Base.metadata`."""

from shared.models.base import Base
from shared.models.idempotency import IdempotencyRecord
from shared.models.item import Item
from shared.models.library import Author, Book, Category, Review, book_categories
from shared.models.user import Follow, RefreshFamily, RefreshToken, User

__all__ = [
    "Author",
    "Base",
    "Book",
    "Category",
    "Follow",
    "IdempotencyRecord",
    "Item",
    "RefreshFamily",
    "RefreshToken",
    "Review",
    "User",
    "book_categories",
]
