"""The demo data. A number determines each row, so it is the same on every machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Self

from infra.emulator.command_error import CommandError

# rows for each unit of scale
USERS, FOLLOWS, BOOKS, PROJECTS, ISSUES, POSTS = 50, 10, 40, 10, 4, 1000
REVIEWS, LIKES = 2, 10  # of each book, of each post; every second post is retweeted
AUTHORS = 4  # books each
MOST = 1000  # units

BEGIN, YEAR = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=365)
END = BEGIN + YEAR

NAMES = ("ada", "alan", "barbara", "edsger", "grace", "john", "katherine", "leslie", "margaret", "tony")
CATEGORIES = ("Algorithms", "Databases", "Languages", "Networks", "Systems")
NOUNS = ("compiler", "cursor", "index", "lock", "monitor", "packet", "query", "queue", "schema", "stack")
VERBS = ("found", "lost", "measured", "rewrote", "simplified", "taught", "tested", "understood")
STATES = ("open", "in_progress", "closed")


@dataclass(frozen=True)
class Scale:
    """The number of rows: a scale of one has a thousand posts."""

    factor: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Errors: CommandError."""
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST):
            raise CommandError(
                f"SCALE is {text!r}; it should be a number from 1 to {MOST}: thousands of posts"
            )
        return cls(int(text))

    @property
    def users(self) -> int:
        return USERS * self.factor

    @property
    def books(self) -> int:
        return BOOKS * self.factor

    @property
    def projects(self) -> int:
        return PROJECTS * self.factor

    @property
    def posts(self) -> int:
        return POSTS * self.factor

    @property
    def rows(self) -> int:
        of_books = self.books + self.books // AUTHORS + self.books * (REVIEWS + 1)
        of_posts = self.posts + self.posts * LIKES + (self.posts + 1) // 2
        return self.users * (1 + FOLLOWS) + of_books + self.projects * (1 + ISSUES) + of_posts

    def __str__(self) -> str:
        rest = f"{self.users:,} users, {self.books:,} books, {self.projects:,} projects"
        return f"{self.posts:,} posts with {LIKES} likes each, {rest}: {self.rows:,} rows."


def username(number: int) -> str:
    return f"{NAMES[number % len(NAMES)]}_{number + 1}"


def follows(users: list[int]) -> Iterator[tuple[int, int]]:
    chosen = _chance("follows")
    for user in users:
        others = [other for other in chosen.sample(users, FOLLOWS + 1) if other != user]
        yield from ((user, other) for other in others[:FOLLOWS])


def books(authors: list[int], count: int) -> Iterator[tuple[object, ...]]:
    """title, author, isbn, published_date, description, author_id"""
    for number in range(count):
        author = number // AUTHORS
        title = f"The {NOUNS[number % 10]} and the {NOUNS[number // 10 % 10]}, part {number // 100 + 1}"
        published = (BEGIN - timedelta(days=number % 20_000)).date()
        isbn = f"979{number:010d}"
        yield title, author_name(author), isbn, published, _sentence(number), authors[author]


def author_name(number: int) -> str:
    return f"{NAMES[number % len(NAMES)].capitalize()} the {number + 1}."


def links(books: list[int], categories: list[int]) -> Iterator[tuple[int, int]]:
    """category_id, book_id"""
    return ((categories[number % len(categories)], book) for number, book in enumerate(books))


def reviews(books: list[int], users: list[int]) -> Iterator[tuple[object, ...]]:
    """book_id, user_id, rating, body, created_at"""
    chosen = _chance("reviews")
    for number, book in enumerate(books):
        for user in chosen.sample(users, REVIEWS):
            yield book, user, chosen.randint(1, 5), _sentence(number), _moment(number, len(books))


def projects(users: list[int], count: int) -> Iterator[tuple[object, ...]]:
    """name, description, owner_id, created_at"""
    for number in range(count):
        owner = users[number % len(users)]
        yield f"The {NOUNS[number % 10]} project", _sentence(number), owner, _moment(number, count)


def issues(projects: list[int]) -> Iterator[tuple[object, ...]]:
    """project_id, title, body, status, created_at, updated_at"""
    for number in range(len(projects) * ISSUES):
        moment = _moment(number, len(projects) * ISSUES)
        title, status = f"A {NOUNS[number % 10]} that nobody {VERBS[number % 8]}", STATES[number % 3]
        yield projects[number // ISSUES], title, _sentence(number), status, moment, moment


def posts(users: list[int], count: int) -> Iterator[tuple[object, ...]]:
    """content, owner_id, timestamp"""
    chosen = _chance("posts")
    for number in range(count):
        yield _sentence(number), chosen.choice(users), _moment(number, count)


def likes(posts: list[int], users: list[int]) -> Iterator[tuple[int, int]]:
    """post_id, user_id"""
    chosen = _chance("likes")
    return ((post, user) for post in posts for user in chosen.sample(users, LIKES))


def retweets(posts: list[int], users: list[int]) -> Iterator[tuple[object, ...]]:
    """post_id, user_id, timestamp"""
    chosen = _chance("retweets")
    for number, post in enumerate(posts[::2]):
        yield post, chosen.choice(users), _moment(number * 2, len(posts))


def _sentence(number: int) -> str:
    subject, thing = NAMES[number % 10].capitalize(), NOUNS[number // 10 % 10]
    return f"{subject} {VERBS[number // 100 % 8]} a {thing}, for the {number // 800 + 1}. time."


def _moment(number: int, count: int) -> datetime:
    """Returns moments spread over the year, in order."""
    return BEGIN + YEAR * number / count


def _chance(what: str) -> Random:
    return Random(what)  # noqa: S311  it decides what a demo shows
