"""The library outside of Lambda."""

from collections.abc import Iterator
from datetime import timedelta

from shared.models.library import Author, Book, Category, Review, book_categories

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infra.domains import BEGIN, NAMES, NOUNS, Demo, chance, moment, sentence

MAIN_READS = ("list_books",)

BOOKS, REVIEWS, AUTHORS = 40, 2, 4  # for each unit; of each book; books of each author
CATEGORIES = ("Algorithms", "Databases", "Languages", "Networks", "Systems")
LOOK_AT = """\
Books by a category, with their ratings:
  curl -s '{origin}/api/v1/books?category_id=1&limit=3'"""


def amount(factor: int) -> tuple[str, int]:
    books = BOOKS * factor
    return f"{books:,} books", books + books // AUTHORS + books * (REVIEWS + 1)


def demo(demo: Demo) -> None:
    count = BOOKS * demo.factor
    names = [{"name": name} for name in CATEGORIES]
    demo.db.execute(insert(Category).on_conflict_do_nothing(), names)
    categories = demo.ids(select(Category.id).where(Category.name.in_(CATEGORIES)))
    with demo.new(Author.id) as authors:
        demo.copy([Author.name], ((_author_name(number),) for number in range(count // AUTHORS)))
    with demo.new(Book.id) as books:
        columns = (Book.title, Book.author, Book.isbn, Book.published_date, Book.description, Book.author_id)
        demo.copy(columns, _books(authors, count))
    links = ((categories[number % len(categories)], book) for number, book in enumerate(books))
    demo.copy(list(book_categories.c["category_id", "book_id"]), links)
    of_review = (Review.book_id, Review.user_id, Review.rating, Review.body, Review.created_at)
    demo.copy(of_review, _reviews(books, demo.users))


def _books(authors: list[int], count: int) -> Iterator[tuple[object, ...]]:
    for number in range(count):
        author = number // AUTHORS
        title = f"The {NOUNS[number % 10]} and the {NOUNS[number // 10 % 10]}, part {number // 100 + 1}"
        published = (BEGIN - timedelta(days=number % 20_000)).date()
        isbn = f"979{number:010d}"
        yield title, _author_name(author), isbn, published, sentence(number), authors[author]


def _author_name(number: int) -> str:
    return f"{NAMES[number % len(NAMES)].capitalize()} the {number + 1}."


def _reviews(books: list[int], users: list[int]) -> Iterator[tuple[object, ...]]:
    chosen = chance("reviews")
    for number, book in enumerate(books):
        for user in chosen.sample(users, REVIEWS):
            yield book, user, chosen.randint(1, 5), sentence(number), moment(number, len(books))
