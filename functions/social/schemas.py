from typing import Annotated

from shared.http import PRINTABLE, Input, Output, Time

from pydantic import Field, StringConstraints

Content = Annotated[str, StringConstraints(min_length=1, max_length=280, pattern=PRINTABLE)]


class PostCreate(Input):
    content: Content = Field(examples=["Hello, world"])


class PostOut(Output):
    id: int
    content: str
    timestamp: Time
    owner_id: int


class PostWithCounts(PostOut):
    username: str = Field(description="The owner's username", examples=["alice"])
    likes_count: int
    retweets_count: int
