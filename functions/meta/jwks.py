"""GET /.well-known/jwks.json: the issuer's public keys (RFC 7517).

A plain handler, for the same reason as discovery.
"""

import json
from typing import Any

from meta.documents import document
from shared.identity.keys import SigningUnavailable, signing_keys


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    try:
        return document(event, {"keys": [key.public_jwk for key in signing_keys()]})
    except SigningUnavailable:
        return {"statusCode": 503, "headers": {"retry-after": "1"}, "body": json.dumps({"keys": []})}
