"""The declarative base: 64-bit keys, and constraint names that migrations and error messages rely on."""

from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import BigInteger, DateTime, MetaData, Table, Text
from sqlalchemy.orm import DeclarativeBase


def taken(field: str, name: str | None = None) -> dict[str, tuple[str, str | None]]:
    """Returns the `info` of a unique constraint: a violation is 400 `<field>_exists`, "<name> exists"."""
    return {"taken": (field, name)}


def missing(resource: str) -> dict[str, str]:
    """Returns the `info` of a foreign key: an absent reference becomes 422 `<resource>_not_found`."""
    return {"missing": resource}


def the_caller() -> dict[str, bool]:
    """Returns the `info` of a foreign key with the caller's id: an absent row becomes 401."""
    return {"caller": True}


def parent(resource: str) -> dict[str, str]:
    """Returns the `info` of a foreign key to the path's resource: absence is 404 `<resource>_not_found`."""
    return {"parent": resource}


def invalid(field: str, message: str, where: str = "body") -> dict[str, tuple[str, str, str]]:
    """Returns the `info` of a check: a violation becomes 422 `validation_error` with this message."""
    return {"invalid": (where, field, message)}


class Export(NamedTuple):
    kind: str
    columns: tuple[str, ...]
    owner: str


def exported(
    kind: str, *columns: str, owner: str = "user_id", removed_later: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """Returns the table arguments that add the table's rows to their user's export, as `{kind, data}`.

    `columns`: those of `data`; none stands for all but the user's id. `owner`: the column with the user's id,
    or with that of a row that an export shows too. `removed_later`: columns with users' ids that have no
    foreign key, because there may be a million rows; a job removes those of a deleted user.
    """
    return {"info": {"exported": Export(kind, columns, owner), "removed_later": removed_later}}


def not_exported(reason: str) -> dict[str, dict[str, str]]:
    """Returns the table arguments that keep the table's rows out of their user's export."""
    return {"info": {"not_exported": reason}}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}

    @classmethod
    def mapped_tables(cls) -> list[Table]:
        """Returns the tables beside all mapped ones: a test's models have a MetaData of their own."""
        of_models = {mapper.class_.metadata for mapper in cls.registry.mappers}
        return [table for metadata in of_models for table in metadata.tables.values()]
