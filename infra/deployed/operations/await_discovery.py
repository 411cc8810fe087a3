"""The custom resource `Discovery`: waits until the built-in issuer answers fast enough for the gateway.

The gateway reads discovery and keys when CloudFormation creates the authorizer, and again from each of its
hosts. It waits 1.5 s at most. So several readers arrive at once, each at its own execution environment, and
all must get the keys of this release in time.
"""

import json
import time
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from custom_resource import Refused, custom_resource

PATIENCE = 150  # seconds
PAUSE = 1  # seconds
LONGEST_ANSWER = 1.5  # seconds
READERS = 4


def await_discovery(properties: Mapping[str, Any]) -> dict[str, str]:
    issuer, key_ids = properties["Issuer"], set(properties["KeyIds"].split(","))
    give_up = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(READERS) as readers:
        while problems := [
            problem
            for problem in readers.map(_problem, [issuer] * READERS, [key_ids] * READERS)
            if problem is not None
        ]:
            if time.monotonic() > give_up:
                raise Refused(f"The issuer {issuer} is not live: {problems[0]}")
            time.sleep(PAUSE)
    return {"Issuer": issuer}


def _problem(issuer: str, key_ids: set[str]) -> str | None:
    try:
        document = _fetch(f"{issuer}/.well-known/openid-configuration")
        if document["issuer"] != issuer:
            return f"its discovery document names {document['issuer']}"
        published = {key["kid"] for key in _fetch(document["jwks_uri"])["keys"]}
        if published != key_ids:
            return f"its keys are {sorted(published)}, and should be {sorted(key_ids)}"
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
