"""The custom resource `Discovery`: waits until the built-in issuer answers as the gateway needs it.

The gateway reads discovery and keys once, when the authorizer is made, and waits 1.5 s at most.
"""

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from custom_resource import Refused, custom_resource

PATIENCE = 90  # seconds
PAUSE = 1  # seconds
LONGEST_ANSWER = 1.5  # seconds


def await_discovery(properties: Mapping[str, Any]) -> dict[str, str]:
    issuer = properties["Issuer"]
    give_up = time.monotonic() + PATIENCE
    while (problem := _problem(issuer)) is not None:
        if time.monotonic() > give_up:
            raise Refused(f"The issuer {issuer} is not live: {problem}")
        time.sleep(PAUSE)
    return {"Issuer": issuer}


def _problem(issuer: str) -> str | None:
    try:
        document = _fetch(f"{issuer}/.well-known/openid-configuration")
        if document["issuer"] != issuer:
            return f"its discovery document names {document['issuer']}"
        if not _fetch(document["jwks_uri"])["keys"]:
            return "its key set is empty"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _fetch(url: str) -> Any:
    started = time.monotonic()
    with urllib.request.urlopen(url, timeout=LONGEST_ANSWER) as answer:  # noqa: S310
        document = json.load(answer)
    if time.monotonic() - started > LONGEST_ANSWER:
        raise TimeoutError(f"{url} took longer than {LONGEST_ANSWER} s")
    return document


handler = custom_resource(await_discovery)
