"""GET /.well-known/jwks.json: the issuer's public keys (RFC 7517).

A plain handler, for the same reason as discovery. The keys were written into its environment when the stack
was deployed (infra/deployed/operations/publish_key_set.py), so that it asks nobody.
"""

import os
from typing import Any

from meta.issuer_documents import document


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return document(event, os.environ["KEY_SET"])
