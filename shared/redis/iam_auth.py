"""Sign-in to ElastiCache by IAM: a signed token for each connection, never stored.

Source: ElastiCache user guide, "Authenticating with IAM". A connection lives at most 12 hours; the next one
signs in again.
"""

from shared.runtime.request_signing import presigned

from redis.credentials import CredentialProvider

TOKEN_LIFETIME = 900  # seconds, ElastiCache's own


class IamCredentials(CredentialProvider):
    def __init__(self, cache_name: str, user: str) -> None:
        self._cache_name, self._user = cache_name, user

    def get_credentials(self) -> tuple[str, str]:
        query = {"Action": "connect", "ResourceType": "ServerlessCache", "User": self._user}
        return self._user, presigned(self._cache_name, query, "elasticache", TOKEN_LIFETIME)
