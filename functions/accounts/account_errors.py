from shared.http import ApiError, Unauthorized
from shared.http.errors import AlreadyExists
from shared.runtime.product import NAME


class InvalidCredentials(Unauthorized):
    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class InvalidRefreshToken(Unauthorized):
    code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__("Invalid refresh token")


class InvalidClient(Unauthorized):
    code = "invalid_client"

    def __init__(self) -> None:
        # RFC 9110, section 15.5.2: every 401 has a challenge.
        super().__init__("Client authentication failed", f'Basic realm="{NAME}", charset="UTF-8"')


class InvalidRequest(ApiError):
    status, code, message = 400, "invalid_request", "The request is not valid"


class InvalidScope(ApiError):
    status, code, message = 400, "invalid_scope", "The service has no such scope"


class UnsupportedGrantType(ApiError):
    status, code = 400, "unsupported_grant_type"
    message = "grant_type should be client_credentials"


class EmailExists(AlreadyExists):
    code = "email_exists"

    def __init__(self) -> None:
        super().__init__("email")


class EmailUnverified(ApiError):
    status, code, message = 403, "email_unverified", "Verify your e-mail address first"


class RegistrationClosed(ApiError):
    status, code, message = 403, "registration_closed", "Registration is not open"


class OriginNotAllowed(ApiError):
    status, code, message = 403, "origin_not_allowed", "Pages of this origin may not sign in here"


class CurrentPasswordRequired(ApiError):
    status, code = 422, "current_password_required"
    message = "A new e-mail address takes current_password"


class LastAdmin(ApiError):
    status, code = 422, "last_admin"
    message = "The last active admin cannot be deleted: make another user an admin first"


class CannotFollowSelf(ApiError):
    status, code, message = 422, "cannot_follow_self", "Users cannot follow themselves"
