"""Callers: verified and issued tokens, the signing keys, users and their names."""

# Of the built-in issuer's tokens, in seconds.
ACCESS_LIFETIME = 30 * 60
REFRESH_LIFETIME = 7 * 24 * 3600
SESSION_LIFETIME = 30 * 24 * 3600
