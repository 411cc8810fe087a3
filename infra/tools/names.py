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


# Endings of plurals with more than one kind of singular, and of words without one.
AMBIGUOUS = re.compile("(ss|us|is|[^aeo]uses|oes|zzes|caches|cookies|movies|news|series|species)$")


def singular(plural: str) -> str:
    """categories → category, boxes → box; the word itself where its ending does not tell."""
    if AMBIGUOUS.search(plural):
        return plural
    for end, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if plural.endswith(end):
            return plural.removesuffix(end) + one
    return plural
