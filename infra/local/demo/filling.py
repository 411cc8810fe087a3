"""Fills a database with the demo data, with all of it or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.identity.users import name_key
from shared.models.follows import Follow
from shared.models.library import Author, Book, Category, Review, book_categories
from shared.models.social import Like, Post, Retweet
from shared.models.tracker import Issue, Project
from shared.models.users import User

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, Select, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from infra.emulator.command_error import CommandError
from infra.local.demo import data
from infra.local.demo.copying import Progress, copy
from infra.local.demo.data import Scale

PASSWORD = "correct horse battery staple"  # noqa: S105  of every demo user


def is_there(db: Connection) -> bool:
    return db.scalar(select(User.id).where(User.username_key == name_key(data.username(0)))) is not None


def require_this_machine(engine: Engine) -> None:
    """Errors: CommandError, for a database elsewhere, before any connection."""
    if engine.url.host not in ("127.0.0.1", "::1", "localhost"):
        raise CommandError(
            f"demo data is for a database on this machine alone, not for one on {engine.url.host}"
        )


def require_no_cloud(db: Connection) -> None:
    """Errors: CommandError, for an RDS database behind a tunnel."""
    if db.scalar(text("SELECT true FROM pg_roles WHERE rolname = 'rds_superuser'")):
        raise CommandError(
            "demo data is for a database on this machine alone, and behind this address is one of RDS"
        )


def fill(db: Connection, scale: Scale, done: Progress) -> None:
    """Fills in the transaction of `db`, without a timeout. Calls `done` with rows as they arrive."""
    for timeout in ("statement_timeout", "idle_in_transaction_session_timeout"):
        db.execute(text(f"SET LOCAL {timeout} = 0"))
    users = _users(db, scale, done)
    _library(db, scale, users, done)
    _tracker(db, scale, users, done)
    _social(db, scale, users, done)


def _users(db: Connection, scale: Scale, done: Progress) -> list[int]:
    password_hash = PasswordHasher().hash(PASSWORD)  # one for all users, since hashing is slow on purpose
    rows = (
        (name, name, email, email, password_hash, data.BEGIN)
        for name, email in ((name, f"{name}@demo.example") for name in map(data.username, range(scale.users)))
    )
    columns = (User.username, User.username_key, User.email, User.email_key, User.password_hash)
    copy(db, (*columns, User.created_at), rows, done)
    return _ids(db, select(User.id).where(User.password_hash == password_hash))


def _library(db: Connection, scale: Scale, users: list[int], done: Progress) -> None:
    names = [{"name": name} for name in data.CATEGORIES]
    db.execute(insert(Category).on_conflict_do_nothing(), names)
    categories = _ids(db, select(Category.id).where(Category.name.in_(data.CATEGORIES)))
    with _new(db, Author.id) as authors:
        copy(db, [Author.name], ((data.author_name(n),) for n in range(scale.books // data.AUTHORS)), done)
    with _new(db, Book.id) as books:
        columns = (Book.title, Book.author, Book.isbn, Book.published_date, Book.description, Book.author_id)
        copy(db, columns, data.books(authors, scale.books), done)
    copy(db, list(book_categories.c["category_id", "book_id"]), data.links(books, categories), done)
    of_review = (Review.book_id, Review.user_id, Review.rating, Review.body, Review.created_at)
    copy(db, of_review, data.reviews(books, users), done)


def _tracker(db: Connection, scale: Scale, users: list[int], done: Progress) -> None:
    with _new(db, Project.id) as projects:
        columns = (Project.name, Project.description, Project.owner_id, Project.created_at)
        copy(db, columns, data.projects(users, scale.projects), done)
    of_issue = (Issue.project_id, Issue.title, Issue.body, Issue.status, Issue.created_at, Issue.updated_at)
    copy(db, of_issue, data.issues(projects), done)


def _social(db: Connection, scale: Scale, users: list[int], done: Progress) -> None:
    copy(db, (Follow.follower_id, Follow.followed_id), data.follows(users), done)
    with _new(db, Post.id) as posts:
        copy(db, (Post.content, Post.owner_id, Post.timestamp), data.posts(users, scale.posts), done)
    copy(db, (Like.post_id, Like.user_id), data.likes(posts, users), done)
    copy(db, (Retweet.post_id, Retweet.user_id, Retweet.timestamp), data.retweets(posts, users), done)


@contextmanager
def _new(db: Connection, key: InstrumentedAttribute[int]) -> Iterator[list[int]]:
    """Yields a list that holds the ids of the rows inserted meanwhile."""
    last = db.scalar(select(func.max(key))) or 0
    made: list[int] = []
    yield made
    made += _ids(db, select(key).where(key > last))


def _ids(db: Connection, statement: Select[int]) -> list[int]:
    return list(db.scalars(statement.order_by(*statement.selected_columns)))
