"""Builds examples of bodies from the examples of their properties."""

from typing import Any

FORMATS = {"date-time": "2026-11-20T12:00:00Z", "date": "2026-11-20"}


class NoExample(Exception):
    """A text property without an example."""


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """Errors: NoExample, with the property that lacks one."""
    match schema:
        case {"examples": [first, *_]} | {"const": first} | {"enum": [first, *_]}:
            return first
        case {"$ref": str(reference)}:
            other = reference.rpartition("/")[2]
            return example_of(schemas[other], schemas, other)
        case {"anyOf": [dict(one), *_]}:
            return example_of(one, schemas, name)
        case {"properties": dict(properties)}:
            return {each: example_of(shape, schemas, f"{name}.{each}") for each, shape in properties.items()}
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "array":
            return [example_of(schema["items"], schemas, name)]
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
        case "string" if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
    raise NoExample(f"{name} has no example: give it one by Field(examples=[…])")
