from shared.http import ApiError, Unauthorized


class InvalidCredentials(Unauthorized):
    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class InvalidRefreshToken(Unauthorized):
    code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__("Invalid refresh token")


class CannotFollowSelf(ApiError):
    status, code, message = 422, "cannot_follow_self", "Users cannot follow themselves"
