from datetime import date
from typing import Annotated

from shared.http import CalendarDate, FreeText, Id, Input, Name, Output

from pydantic import Field

Size = Annotated[int, Field(strict=True, ge=1, le=5)]


class GadgetCreate(Input):
    name: Name = Field(examples=["A name"])
    description: FreeText | None = Field(None, examples=["A description"])


class GadgetUpdate(Input):
    """An absent field stays as it is; null clears the optional ones."""

    name: Name | None = None
    description: FreeText | None = None


class GadgetOut(Output):
    id: int
    name: str
    description: str | None


class LockerCreate(Input):
    name: Name = Field(examples=["A name"])
    description: FreeText | None = Field(None, examples=["A description"])


class LockerUpdate(Input):
    """An absent field stays as it is; null clears the optional ones."""

    name: Name | None = None
    description: FreeText | None = None


class LockerOut(Output):
    id: int
    name: str
    description: str | None
    owner_id: int


class ParcelCreate(Input):
    name: Name = Field(examples=["A name"])
    description: FreeText | None = Field(None, examples=["A description"])


class ParcelUpdate(Input):
    """An absent field stays as it is; null clears the optional ones."""

    name: Name | None = None
    description: FreeText | None = None


class ParcelOut(Output):
    id: int
    name: str
    description: str | None
    locker_id: int


class LabelCreate(Input):
    name: Name = Field(examples=["Fragile"])
    size: Size | None = Field(None, examples=[2])
    printed_on: CalendarDate | None = Field(None, examples=["2026-11-20"])
    gadget_id: Id | None = Field(None, description="One of the gadgets")


class LabelUpdate(Input):
    """A field that is absent or null stays as it is."""

    name: Name | None = None


class LabelOut(Output):
    id: int
    name: str
    size: int | None
    printed_on: date | None
    gadget_id: int | None
