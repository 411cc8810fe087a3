from shared.http import FreeText, Input, Name, Output


class ItemCreate(Input):
    name: Name
    description: FreeText | None = None


class ItemUpdate(Input):
    """A field that is absent or null stays as it is."""

    name: Name | None = None
    description: FreeText | None = None


class ItemOut(Output):
    id: int
    name: str
    description: str
