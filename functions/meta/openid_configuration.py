"""GET /.well-known/openid-configuration: OIDC discovery.

A plain handler, since the gateway reads it when the authorizer is created and waits 1.5 s at most.
"""

import json
from typing import Any

from shared.settings import settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    issuer = (event.get("stageVariables") or {}).get("Issuer") or settings().jwt_issuer
    document = {
        "issuer": issuer,
        "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return {
        "statusCode": 200,
        "headers": {
            "content-type": "application/json",
            "cache-control": "public, max-age=300",
            "x-request-id": event["requestContext"]["requestId"],
        },
        "body": json.dumps(document),
    }
