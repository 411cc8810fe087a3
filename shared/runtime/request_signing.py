"""Presigned URLs by AWS Signature Version 4, since importing botocore costs a tenth of a cold start.

IAM sign-in to the database and to the cache uses such a URL as its password.

Source: IAM user guide, "Create a signed AWS API request". tests/integration compares it with the SDK's.
"""

import hmac
import time
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from shared.runtime.settings import settings
from shared.runtime.snapshot import after_restore

ALGORITHM = "AWS4-HMAC-SHA256"
NO_BODY = sha256(b"").hexdigest()


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None  # of a session, as a role's have it


def presigned(host: str, query: Mapping[str, str], service: str, lifetime: int) -> str:
    """Returns `host`'s root with `query`, signed for a GET, without its scheme. `lifetime`: seconds."""
    region, given = settings().region, settings().aws_credentials
    credentials = Credentials(*given) if given else _restored_credentials()
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    signed = {
        **query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": now,
        "X-Amz-Expires": str(lifetime),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        signed["X-Amz-Security-Token"] = credentials.token
    text = urlencode(sorted(signed.items()), quote_via=quote, safe="-_.~")
    request = "\n".join(["GET", "/", text, f"host:{host}", "", "host", NO_BODY])
    to_sign = "\n".join([ALGORITHM, now, scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{host}/?{text}&X-Amz-Signature={hmac.digest(key, to_sign.encode(), 'sha256').hex()}"


def _restored_credentials() -> Credentials:
    """Returns credentials after a SnapStart restore; botocore gets them from an endpoint."""
    found = _provider().get_frozen_credentials()
    return Credentials(found.access_key, found.secret_key, found.token)


@cache
def _provider() -> Any:
    from botocore.session import Session

    return Session().get_credentials()


@after_restore
def forget_credentials() -> None:
    _provider.cache_clear()
