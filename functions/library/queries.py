"""Books as they are shown, with what other tables say of them."""

from typing import Any

from shared.database import execute_deferred, get_or_404, invalidate
from shared.http import NotFound
from shared.models.library import Book, Category, Review, book_categories
from shared.redis.cache import cached

from sqlalchemy import BigInteger, Double, Select, Subquery, cast, delete, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import Session

from library.schemas import BookCreate, BookOut, CategoryOut


def select_books() -> Select[*tuple[Any, ...]]:
    """Books in the columns of BookOut.

    The aggregates are lateral: computed for the rows that a page shows, and for no other.
    """
    reviewed = (
        select(
            func.count().label("reviews_count"),
            cast(func.avg(Review.rating), Double).label("average_rating"),
        )
        .where(Review.book_id == Book.id)
        .lateral("reviewed")
    )
    ids = book_categories.c.category_id
    none = cast(literal([], ARRAY(BigInteger)), ARRAY(BigInteger))
    categorized = (
        select(func.coalesce(func.array_agg(aggregate_order_by(ids, ids)), none).label("category_ids"))
        .where(book_categories.c.book_id == Book.id)
        .lateral("categorized")
    )
    return (
        select(
            Book.id,
            Book.title,
            Book.author,
            Book.isbn,
            Book.published_date,
            Book.description,
            Book.author_id,
            categorized.c.category_ids,
            reviewed.c.reviews_count,
            reviewed.c.average_rating,
        )
        .select_from(Book)
        .join(reviewed, true())
        .join(categorized, true())
    )


def books_of(page: Subquery) -> Select[*tuple[Any, ...]]:
    """The books of a page of ids."""
    return select_books().join(page, page.c.id == Book.id)


@cached(ttl=60, key_prefix="books", shown_at="GET /api/v1/books/{id}")
async def find_book(book_id: int, *, db: Session) -> BookOut:
    """Errors: NotFound."""
    book = db.execute(select_books().where(Book.id == book_id)).one_or_none()
    if book is None:
        raise NotFound("book")
    return BookOut.model_validate(book)


@cached(ttl=60, key_prefix="categories", shown_at="GET /api/v1/categories/{id}")
async def find_category(category_id: int, *, db: Session) -> CategoryOut:
    """Errors: NotFound."""
    return CategoryOut.model_validate(get_or_404(db, select(Category).where(Category.id == category_id)))


def invalidate_books(db: Session, which: Select[int]) -> None:
    """Delete these books, by id, from the cache: they show the row that changes. Hold that row's lock."""
    if find_book.is_kept:  # also in an outage of Redis, which keeps its values and is told afterwards
        invalidate(db, *(find_book.key(book_id) for book_id in db.scalars(which)))


def read_book(db: Session, book_id: int) -> BookOut:
    """A book that is there: its row is locked, or was just written."""
    return BookOut.model_validate(db.execute(select_books().where(Book.id == book_id)).one())


def new_book(book_id: int, body: BookCreate) -> BookOut:
    """The book that was just made of `body`: nobody has reviewed it."""
    chosen = {"id": book_id, "category_ids": sorted(set(body.category_ids))}
    return BookOut(**body.model_dump() | chosen, reviews_count=0, average_rating=None)


def set_categories(db: Session, book_id: int, category_ids: list[int]) -> None:
    """Link the book to these categories and no other. Errors: 422 `category_not_found`."""
    links = book_categories.c
    # Links that stay are not touched: to write them again could deadlock with a category that goes.
    execute_deferred(
        db, delete(book_categories).where(links.book_id == book_id, links.category_id.not_in(category_ids))
    )
    add_categories(db, book_id, category_ids)


def add_categories(db: Session, book_id: int, category_ids: list[int]) -> None:
    """Link the book to these categories too. Errors: 422 `category_not_found`."""
    if category_ids:
        rows = [{"book_id": book_id, "category_id": each} for each in sorted(set(category_ids))]
        execute_deferred(db, insert(book_categories).values(rows).on_conflict_do_nothing())
