"""Token pairs as sign-in and refresh answer with them."""

from shared.identity import ACCESS_LIFETIME
from shared.identity.issuing import issuer

from accounts.schemas import TokenPair


def issue_pair(user_id: int, role: str, session_id: int) -> TokenPair:
    """Sign a pair. No row may be locked meanwhile: KMS can take seconds, and others would wait for it.

    Errors: ServiceUnavailable where the key cannot sign.
    """
    return TokenPair(
        access_token=issuer().access_token(user_id, role, session_id),
        refresh_token=issuer().refresh_token(user_id),
        expires_in=ACCESS_LIFETIME,
    )
