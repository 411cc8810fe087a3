import re
from datetime import date
from typing import Annotated

from shared.http import PRINTABLE, VISIBLE, CalendarDate, FreeText, Id, Input, Name, Output, Time

from pydantic import AfterValidator, Field, StringConstraints

# 10 to 13 digits, X only as the tenth of ten; hyphens and spaces anywhere, which are not kept.
ISBN = r"^[ -]*([0-9][ -]*){9}([0-9Xx][ -]*|([0-9][ -]*){2,4})$"
Isbn = Annotated[
    str,
    StringConstraints(max_length=40, pattern=ISBN),
    AfterValidator(lambda isbn: re.sub("[ -]", "", isbn).upper()),
]
CategoryIds = Annotated[list[Id], Field(max_length=100)]
CategoryName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE), VISIBLE]
Rating = Annotated[int, Field(strict=True, ge=1, le=5)]


class BookCreate(Input):
    title: Name = Field(examples=["The Dispossessed"])
    author: Name = Field(description="The author's name as on the cover", examples=["Ursula K. Le Guin"])
    isbn: Isbn = Field(
        description="Unique; an ISBN-10 equals its ISBN-13. Answers omit hyphens and spaces",
        examples=["9780061054884"],
    )
    published_date: CalendarDate = Field(examples=["1974-05-01"])
    description: FreeText | None = Field(None, examples=["An ambiguous utopia"])
    author_id: Id | None = Field(None, description="The id of an author")
    category_ids: CategoryIds = Field(
        default_factory=list, description="Ids of categories; answers sort them"
    )


class BookUpdate(Input):
    """An absent field stays as it is. Null clears only `description` and `author_id`."""

    title: Name | None = None
    author: Name | None = None
    isbn: Isbn | None = None
    published_date: CalendarDate | None = None
    description: FreeText | None = None
    author_id: Id | None = None
    category_ids: CategoryIds | None = None


class BookOut(Output):
    id: int
    title: str
    author: str
    isbn: str
    published_date: date
    description: str | None
    author_id: int | None
    category_ids: list[int]
    reviews_count: int
    average_rating: float | None = Field(
        description="The mean rating of the reviews; null without reviews", examples=[4.5]
    )


class AuthorCreate(Input):
    name: Name = Field(examples=["Ursula K. Le Guin"])
    bio: FreeText | None = Field(None, examples=["Born in Berkeley in 1929"])


class AuthorUpdate(Input):
    """An absent field stays as it is. Null clears only `bio`."""

    name: Name | None = None
    bio: FreeText | None = None


class AuthorOut(Output):
    id: int
    name: str
    bio: str | None


class CategoryCreate(Input):
    name: CategoryName = Field(description="Unique", examples=["Science fiction"])


class CategoryUpdate(Input):
    """A field that is absent or null stays as it is."""

    name: CategoryName | None = None


class CategoryOut(Output):
    id: int
    name: str


class ReviewCreate(Input):
    rating: Rating = Field(description="1 to 5 stars", examples=[5])
    body: FreeText = Field(examples=["Read it twice."])


class ReviewUpdate(Input):
    """A field that is absent or null stays as it is."""

    rating: Rating | None = None
    body: FreeText | None = None


class ReviewOut(Output):
    id: int
    book_id: int
    user_id: int
    rating: int
    body: str
    created_at: Time
