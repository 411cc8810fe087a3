"""POST /api/v1/auth/token: an access token for a service (RFC 6749, section 4.4).

The form takes `grant_type=client_credentials` and perhaps `scope`. Id and secret come by HTTP Basic or as
`client_id` and `client_secret` in the form. There is no refresh token: ask for another token.

Errors: invalid_request, invalid_client, invalid_scope, unsupported_grant_type, payload_too_large,
unsupported_media_type.
"""

from typing import Annotated

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app
from shared.identity import ACCESS_LIFETIME
from shared.identity.issuing import issuer
from shared.identity.services import authenticate

from fastapi import Depends

from accounts.account_errors import InvalidClient, InvalidScope
from accounts.service_schemas import ServiceToken
from accounts.sign_in_limits import by_address
from accounts.token_request import TokenRequest, read_token_request

app = one_route_app(
    Action("issue token", "issuing token"), limit=by_address, has_etag=False, retry_conflicts=False
)


@app.post("/api/v1/auth/token", response_model=ServiceToken)
async def issue_token(
    given: Annotated[TokenRequest, Depends(read_token_request)], db: WriteSession
) -> ServiceToken:
    found = authenticate(db, given.client_id, given.client_secret)
    if found is None:
        raise InvalidClient
    service_id, own = found
    if not set(given.scopes) <= set(own):
        raise InvalidScope
    scope = " ".join(each for each in own if each in given.scopes or not given.scopes)
    token = issuer().service_token(service_id, given.client_id, scope)
    return ServiceToken(access_token=token, expires_in=ACCESS_LIFETIME, scope=scope)


handler = lambda_handler(app)
