"""Rewrites Pydantic's schemas for client authors: short names, no repetition, a description and an example
each.
"""

import importlib
from typing import Any

from shared.http.fields import MAX_ID

from pydantic import BaseModel

from infra.tools.openapi.operations import FUNCTIONS

VERBATIM = {"example", "examples", "default", "const", "enum", "required"}
# Bounds of whole numbers: Pydantic's words behind a validator of ours, and JSON Schema's.
BOUNDS = {"ge": "minimum", "le": "maximum", "minimum": "minimum", "maximum": "maximum"}
BORROWED = ("description", "examples")
VIEWS = ("Create", "Update", "Out")


def tidy(schema: Any) -> Any:
    """Removes titles that repeat a name, and writes optional null in one word."""
    if isinstance(schema, list):
        return [tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        name: value if name in VERBATIM else tidy(value)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
    }
    match made.get("anyOf"):
        case [{"type": str(kind), **rest}, {"type": "null"}] if "enum" not in rest:
            made = {"type": [kind, "null"]} | rest | {k: v for k, v in made.items() if k != "anyOf"}
    if made.get("type") in ("integer", ["integer", "null"]):
        made["format"] = "int64"
    for word, bound in BOUNDS.items():
        if word in made and isinstance(made[word], int | float):
            made[bound] = min(int(made.pop(word)), MAX_ID)
    return made


def of_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a parameter's schema: it is present or absent, never null, and described outside."""
    schema = {name: value for name, value in schema.items() if name != "description"}
    match schema:
        case {"type": [str(kind), "null"]}:
            return schema | {"type": kind}
        case {"anyOf": [dict(one), {"type": "null"}]}:
            return one | {name: value for name, value in schema.items() if name != "anyOf"}
    return schema


def public_name(name: str) -> str:
    """`BookOut` → `Book`; of a name that two domains have, `notes__schemas__BookOut` → `NotesBook`."""
    *module, own = name.split("__")
    return (module[0].capitalize() if module else "") + own.removesuffix("Out")


def renamed(document: Any) -> Any:
    """Replaces every reference by its public name."""
    if isinstance(document, list):
        return [renamed(each) for each in document]
    if isinstance(document, dict):
        return {
            name: _public_reference(value) if name == "$ref" else renamed(value)
            for name, value in document.items()
        }
    return document


def _public_reference(reference: str) -> str:
    place, _, name = reference.rpartition("/")
    return f"{place}/{public_name(name)}"


def share_descriptions(schemas: dict[str, Any]) -> None:
    """Copies a property's description to the resource's other schemas, then to the domain's."""
    known = _domains()
    domains = {name: name.partition("__")[0] if "__" in name else known.get(name, "") for name in schemas}
    for name, schema in schemas.items():
        others = [each for each in schemas if domains[each] == domains[name] and each != name]
        others.sort(key=lambda each: _resource(each) != _resource(name))
        for property_name, shape in schema.get("properties", {}).items():
            for other in others:
                lent = schemas[other].get("properties", {}).get(property_name, {})
                if _kind(lent) != _kind(shape):
                    continue
                for word in BORROWED:
                    if word in lent and word not in shape:
                        shape[word] = lent[word]


def defaults_in_words(schemas: dict[str, Any]) -> None:
    """Describes each property's default in words: for `default`, openapi-typescript makes it required."""
    for schema in schemas.values():
        for shape in schema.get("properties", {}).values():
            default = shape.pop("default", None)
            if default is not None and "const" not in shape:
                shape["description"] = f"{shape.get('description', '')} `{default}` if absent".strip()


def _resource(name: str) -> str:
    return next((name.removesuffix(view) for view in VIEWS if name.endswith(view)), name)


def _kind(shape: dict[str, Any]) -> Any:
    kind = shape.get("type", shape.get("$ref"))
    return kind[0] if isinstance(kind, list) else kind


def _domains() -> dict[str, str]:
    """The domain that defines each schema, by the schema's name."""
    found = {}
    for file in sorted(FUNCTIONS.glob("*/[!_]*.py")):
        module = importlib.import_module(f"{file.parent.name}.{file.stem}")
        classes = [each for each in vars(module).values() if isinstance(each, type)]
        for each in classes:
            if issubclass(each, BaseModel) and each.__module__ == module.__name__:
                found[each.__name__] = file.parent.name
    return found
