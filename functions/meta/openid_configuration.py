"""GET /.well-known/openid-configuration: OIDC discovery.

A plain handler, since the gateway reads it when the authorizer is created and waits 1.5 s at most.
"""

from typing import Any

from meta.documents import document
from shared.settings import settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    issuer = (event.get("stageVariables") or {}).get("Issuer") or settings().jwt_issuer
    configuration = {
        "issuer": issuer,
        "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return document(event, configuration)
