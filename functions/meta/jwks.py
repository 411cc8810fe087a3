"""GET /.well-known/jwks.json: the issuer's public keys (RFC 7517).

A plain handler, for the same reason as discovery.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from shared.settings import settings
from shared.signing_keys import public_jwk


@cache
def _document() -> str:
    pem = Path(settings().signing_key_file).read_bytes()
    return json.dumps({"keys": [public_jwk(pem)]})


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {
        "statusCode": 200,
        "headers": {
            "content-type": "application/json",
            "cache-control": "public, max-age=300",
            "x-request-id": event["requestContext"]["requestId"],
        },
        "body": _document(),
    }
