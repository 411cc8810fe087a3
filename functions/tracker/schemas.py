from typing import Annotated, Literal

from shared.http import PRINTABLE, VISIBLE, FreeText, Input, Output, Time

from pydantic import Field, StringConstraints

ProjectName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE), VISIBLE]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE), VISIBLE]
type IssueStatus = Literal["open", "in_progress", "closed"]


class ProjectCreate(Input):
    name: ProjectName = Field(examples=["Moon base"])
    description: FreeText | None = Field(None, examples=["Somewhere to stay"])


class ProjectUpdate(Input):
    """An absent field stays as it is. Null clears only `description`."""

    name: ProjectName | None = None
    description: FreeText | None = None


class ProjectOut(Output):
    id: int
    name: str
    description: str | None
    owner_id: int
    created_at: Time


class IssueCreate(Input):
    title: Title = Field(examples=["The airlock jams"])
    body: FreeText | None = Field(None, examples=["When it is cold."])
    status: IssueStatus = "open"


class IssueUpdate(Input):
    """An absent field stays as it is. Null clears only `body`."""

    title: Title | None = None
    body: FreeText | None = None
    status: IssueStatus | None = None


class IssueOut(Output):
    id: int
    project_id: int
    title: str
    body: str | None
    status: IssueStatus
    created_at: Time
    updated_at: Time
