"""The names that `make new` refuses, each with its reason."""

import csv
import io
import json
import keyword
import re
import sys
import tokenize
from importlib.util import find_spec
from pathlib import Path

from shared.models import map_all
from shared.models.base import Base

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from infra.tools.names import camel

FORM = r"[a-z]+(_[a-z]+)*"
LONGEST = 40  # characters: names of constraints and functions are made of it
# Words that cannot name a table in generated SQL and Python.
NOT_TABLES = RESERVED_WORDS | {"values"}


def name_fault(root: Path, plural: str, name: str, operations: list[str]) -> str | None:
    """The reason why a domain cannot have this plural and this resource, None if it can."""
    for variable, value, example in (("DOMAIN", plural, "notes"), ("RESOURCE", name, "note")):
        if not re.fullmatch(FORM, value) or len(value) > LONGEST:
            return (
                f"{variable} is {value!r}; it should be lower-case words joined by _, {LONGEST} characters"
                f" at most: {variable}={example}"
            )
        if keyword.iskeyword(value) or keyword.iskeyword(camel(value)):
            return f"{variable} is {value!r}, a keyword of Python: choose another with {variable}=..."
    if name == plural:
        return f"DOMAIN is {plural!r}, which does not tell what one of them is called: add RESOURCE=..."
    if plural in NOT_TABLES:
        return f"DOMAIN is {plural!r}, a reserved word of SQL, and would be a table's name: choose another"
    return _taken(root, plural, name, operations)


def _taken(root: Path, plural: str, name: str, operations: list[str]) -> str | None:
    for folder in (f"functions/{plural}", f"tests/{plural}", f"shared/models/{plural}.py"):
        if (root / folder).exists():
            return f"{folder} exists already: choose another DOMAIN"
    if plural in sys.stdlib_module_names or find_spec(plural) is not None:
        return f"DOMAIN is {plural!r}, a Python package that functions/{plural} would hide: choose another"
    tables = [(root / file).read_text() for file in ("docs/routes.csv", "tests/sample/routes.csv")]
    for row in (row for table in tables for row in csv.DictReader(table.splitlines())):
        if row["operation_id"] in operations or re.match(rf"/api/v1/{plural}(/|$)", row["path"]):
            return (
                f"{row['method']} {row['path']} ({row['operation_id']}) is a route already:"
                " choose another DOMAIN or RESOURCE"
            )
    if plural in map_all().tables:
        return f"{plural} is a table already: choose another DOMAIN"
    schemas = json.loads((root / "docs/openapi.json").read_text())["components"]["schemas"]
    classes = {mapper.class_.__name__ for mapper in Base.registry.mappers} | set(schemas)
    for taken in (camel(name) + end for end in ("", "Create", "Update")):
        if taken in classes:
            return f"{taken} is a model or a schema already: choose another RESOURCE"
    return None


def clash(sources: dict[str, str], old: list[str], new: list[str]) -> str | None:
    """The reason why the copied code cannot use the new words: it names something else by one of them."""
    used = {
        token.string
        for text in sources.values()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME
    }
    for word in new:
        if word in used - set(old):
            return f"{word!r} is a name that the copied code uses for something else: choose another"
    return None
