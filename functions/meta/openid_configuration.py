"""GET /.well-known/openid-configuration: OIDC discovery.

A plain handler that imports the standard library alone: the gateway reads it on the way of nearly every
authorised request of a quiet API, and waits 1.5 s at most.
"""

import json
import os
from typing import Any

from meta.issuer_documents import document


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    # In the cloud a stage variable: in the environment, the URL would have API and function need each other.
    issuer = (event.get("stageVariables") or {}).get("Issuer") or os.environ["JWT_ISSUER"]
    configuration: dict[str, Any] = {
        "issuer": issuer,
        "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    # Absent where the API has no name of its own: its gateway is made after this document is read.
    if endpoint := os.environ.get("TOKEN_ENDPOINT"):
        configuration |= {
            "token_endpoint": endpoint,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "grant_types_supported": ["client_credentials"],
        }
    return document(event, json.dumps(configuration))
