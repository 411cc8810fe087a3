"""The custom resource `KeySet`: the issuer's public keys, as text for its function's environment.

It asks KMS once per deployment, so the gateway never waits for KMS. A new key, and the right to read it, take
a while to become known everywhere, so it asks for up to two minutes.
"""

import time
from collections.abc import Mapping
from typing import Any

from custom_resource import Refused, custom_resource

PATIENCE = 120  # seconds
PAUSE = 2  # seconds


def publish_key_set(properties: Mapping[str, Any]) -> dict[str, str]:
    # Imported here: a failed import at the top would leave CloudFormation without an answer.
    from shared.identity.keys import KmsKey, SigningUnavailable, key_set

    keys = [KmsKey(key) for key in properties["Keys"]]
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return {"KeySet": key_set(keys), "KeyIds": ",".join(key.public_jwk["kid"] for key in keys)}
        except SigningUnavailable as error:
            if time.monotonic() > give_up:
                raise Refused(f"KMS does not tell the public key: {error.__cause__}") from error
        time.sleep(PAUSE)


handler = custom_resource(publish_key_set)
