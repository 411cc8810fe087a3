from typing import Any

from authlib.integrations.requests_client import OAuth2Session


def service_session(origin: str, client_id: str, client_secret: str) -> Any:
    endpoint = f"{origin}/api/v1/auth/token"
    session = OAuth2Session(
        client_id, client_secret, token_endpoint=endpoint, grant_type="client_credentials"
    )
    session.fetch_token()  # later calls fetch another one when this one has ended
    return session
