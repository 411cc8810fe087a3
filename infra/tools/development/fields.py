"""The fields of a new resource: `title:str:unique text:text? starts_on:date`, as code in each of its files.

tests/sample has DEFAULT's code, which `make new` replaces with that of other fields.
"""

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.http import Input
from shared.models.base import Base

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

DEFAULT = "name:str description:text?"
FORM = r"([a-z]+(?:_[a-z]+)*):(\w+)(\?)?(:unique)?"
# Names of the copied code, of the classes above a model and a schema, and of SQL, which its bulk rows write.
TAKEN = {"id", "owner_id", "body", "caller", "db", "response", *dir(Base), *dir(Input), *RESERVED_WORDS}


@dataclass(frozen=True)
class Kind:
    column: str  # the annotation of the model's attribute
    sql: str  # the column's type, where it does not follow from the annotation
    sent: str  # the annotation in a request
    answered: str
    example: str
    sample: str
    row: str  # SQL, of the row n


KINDS = {
    "str": Kind("str", "String(255)", "Name", "str", '"A {words}"', '"{words} {{n}}"', "'{words} ' || n"),
    "text": Kind("str", "", "FreeText", "str", '"A {words}"', '"{words}"', "'{words}'"),
    "int": Kind("int", "", "WholeNumber", "int", "1", "1", "n"),
    "bool": Kind("bool", "", "bool", "bool", "True", "True", "true"),
    "date": Kind("date", "", "CalendarDate", "date", '"2026-11-20"', '"2026-11-20"', "'2026-11-20'"),
    "time": Kind(
        "datetime", "", "Moment", "Time", '"2026-11-20T12:00:00Z"', '"2026-11-20T12:00:00Z"', "now()"
    ),
}
WHOLE_NUMBER = "WholeNumber = Annotated[int, Field(ge=-(2**63), lt=2**63)]\n\n\n"


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind
    optional: bool
    unique: bool

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")

    def _or_none(self, annotation: str) -> str:
        return f"{annotation} | None" if self.optional else annotation

    def column(self) -> str:
        sql = f" = mapped_column({self.kind.sql})" if self.kind.sql else ""
        return f"    {self.name}: Mapped[{self._or_none(self.kind.column)}]{sql}\n"

    def in_create(self) -> str:
        example = f"examples=[{self.kind.example.format(words=self.words)}]"
        default = "None, " if self.optional else ""
        return f"    {self.name}: {self._or_none(self.kind.sent)} = Field({default}{example})\n"

    def in_update(self) -> str:
        return f"    {self.name}: {self.kind.sent} | None = None\n"

    def in_answer(self) -> str:
        return f"    {self.name}: {self._or_none(self.kind.answered)}\n"

    def argument(self) -> str:
        return f"{self.name}=body.{self.name}"

    def assignment(self, resource: str) -> str:
        given = (
            f'"{self.name}" in body.model_fields_set' if self.optional else f"body.{self.name} is not None"
        )
        return f"    if {given}:\n        {resource}.{self.name} = body.{self.name}\n"


def parse(text: str) -> list[Field]:
    """Errors: ValueError, in words for whoever typed it."""
    fields = []
    for word in text.split():
        found = re.fullmatch(FORM, word)
        if found is None or found[2] not in KINDS:
            kinds = ", ".join(KINDS)
            raise ValueError(
                f"FIELDS: {word!r} is not a field; write name:kind, as title:str, with ? or :unique after"
                f" it; a kind is {kinds}"
            )
        if found[1] in TAKEN or keyword.iskeyword(found[1]):
            raise ValueError(f"FIELDS: {found[1]!r} is a word of Python, SQL or the code: choose another")
        fields.append(Field(found[1], KINDS[found[2]], bool(found[3]), bool(found[4])))
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("FIELDS: two fields have the same name")
    if not any(field.kind.sent in ("Name", "FreeText") and not field.optional for field in fields):
        raise ValueError("FIELDS: one of the fields should be a str or a text that is not optional")
    return fields


def code(fields: list[Field], resource: str) -> list[str]:
    """Returns the pieces of code that depend on the fields, in an order that all share."""
    required = [field for field in fields if not field.optional]
    text = next(field for field in required if field.kind.sent in ("Name", "FreeText"))
    sample = ", ".join(
        f'"{each.name}": {each.kind.sample.format(words=resource_words(resource))}' for each in required
    )
    return [
        _joined(fields, Field.column),
        _joined(fields, Field.in_create),
        _joined(fields, Field.in_update),
        _joined(fields, Field.in_answer),
        ", ".join(field.argument() for field in fields),
        "".join(field.assignment(resource) for field in fields),
        f"{{{sample}}}",
        f'{{"{text.name}": "changed"}}',
        f" ({', '.join(field.name for field in required)}",
        "SELECT " + ", ".join(field.kind.row.format(words=resource_words(resource)) for field in required),
    ]


def resource_words(resource: str) -> str:
    return resource.replace("_", " ")


def _joined(fields: list[Field], write: Callable[[Field], str]) -> str:
    return "".join(map(write, fields))


def with_fields(text: str, fields: list[Field], resource: str) -> str:
    """Replaces the code of the DEFAULT fields of a resource with that of `fields`."""
    for old, new in zip(code(parse(DEFAULT), resource), code(fields, resource), strict=True):
        text = text.replace(old, new)
    return text


def unique_constraints(fields: list[Field], owner: str) -> str:
    """Returns the table's constraints. `owner`: the column within whose rows a value is unique, if any."""
    columns = f'"{owner}", ' if owner else ""
    return "".join(
        f'        UniqueConstraint({columns}"{field.name}", info=taken("{field.name}")),\n'
        for field in fields
        if field.unique
    )
