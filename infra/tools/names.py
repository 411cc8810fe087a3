"""Names that follow from other names."""

import re


def camel(name: str) -> str:
    """create_item → CreateItem"""
    return "".join(word.capitalize() for word in name.split("_"))


def function_of(operation: str) -> str:
    """create_item → CreateItemFunction, its logical id in the template."""
    return f"{camel(operation)}Function"


def operation_of(function: str) -> str:
    """CreateItemFunction → create_item"""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def singular(plural: str) -> str:
    """categories → category, boxes → box"""
    for end, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if plural.endswith(end):
            return plural.removesuffix(end) + one
    return plural
