from shared.http import FreeText, Input, Name, Output

from pydantic import Field


class ItemCreate(Input):
    name: Name = Field(examples=["Anvil"])
    description: FreeText | None = Field(
        None, description="Free text; empty if absent", examples=["Forged, 50 kg"]
    )


class ItemUpdate(Input):
    """A field that is absent or null stays as it is."""

    name: Name | None = None
    description: FreeText | None = None


class ItemOut(Output):
    id: int
    name: str
    description: str
