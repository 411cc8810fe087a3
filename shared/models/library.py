"""The library: books with their author and categories, and readers' reviews."""

from datetime import date, datetime

from shared.models.base import Base, exported, invalid, missing, parent, taken, the_caller
from shared.models.users import User

from sqlalchemy import (
    CheckConstraint,
    Column,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    bio: Mapped[str | None]


class Category(Base):
    """A trigger fills `name_key`: the name in NFC without surrounding white space."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("name_key", name="uq_categories_name", info=taken("name")),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str | None] = mapped_column(server_default=FetchedValue())


class Book(Base):
    """A trigger fills `isbn_key`: the ISBN-13 of a valid ISBN-10, any other ISBN as it is."""

    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint("isbn_key", name="uq_books_isbn", info=taken("isbn", "ISBN")),
        ForeignKeyConstraint(["author_id"], [Author.id], ondelete="SET NULL", info=missing("author")),
        Index(None, "author_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    author: Mapped[str] = mapped_column(String(255))
    isbn: Mapped[str] = mapped_column(String(13))
    isbn_key: Mapped[str | None] = mapped_column(server_default=FetchedValue())
    published_date: Mapped[date]
    description: Mapped[str | None]
    author_id: Mapped[int | None]


book_categories = Table(
    "book_categories",
    Base.metadata,
    Column("category_id", primary_key=True),
    Column("book_id", ForeignKey(Book.id, ondelete="CASCADE"), primary_key=True),
    ForeignKeyConstraint(["category_id"], [Category.id], ondelete="CASCADE", info=missing("category")),
    Index(None, "book_id"),
)


class Review(Base):
    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("book_id", "user_id", info=taken("review")),
        ForeignKeyConstraint(["book_id"], [Book.id], ondelete="CASCADE", info=parent("book")),
        ForeignKeyConstraint(["user_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        CheckConstraint("rating BETWEEN 1 AND 5", "rating", info=invalid("rating", "Input should be 1 to 5")),
        Index(None, "book_id", "id"),
        Index(None, "user_id", "id"),
        exported("review"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    book_id: Mapped[int]
    user_id: Mapped[int]
    rating: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
