"""What the Python generator reads and writes, without the errors that the client's own code raises."""

import copy
import json
import re
from typing import Any

REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
NONE_FOR_OTHERS = re.compile(
    r"    if client\.raise_on_unexpected_status:\n"
    r"        (raise errors\.UnexpectedStatus\(response\.status_code, response\.content\))\n"
    r"    else:\n        return None\n"
)


def without_errors(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document without error answers, the operations about the API itself, and unused schemas."""
    made = copy.deepcopy(document)
    for path, methods in document["paths"].items():
        if any("Meta" in operation["tags"] for operation in methods.values()):
            del made["paths"][path]
            continue
        for operation in made["paths"][path].values():
            operation["responses"] = {
                status: response for status, response in operation["responses"].items() if status < "300"
            }
    del made["components"]["responses"]
    schemas = made["components"]["schemas"]
    while unused := set(schemas) - set(REFERENCE.findall(json.dumps(made))):
        for name in unused:
            del schemas[name]
    return made


def raise_for_none(source: str) -> str:
    """Lets a generated function raise where it would return None, and leaves None out of its type."""
    raised = NONE_FOR_OTHERS.sub(r"    \1\n", source)
    raised = raised.replace("    parsed: T | None\n", "    parsed: T\n")
    return re.sub(r"^(.*\) -> \w.*) \| None:$", r"\1:", raised, flags=re.MULTILINE)
