"""Who calls: tokens verified and issued, the keys that sign them, users and their names."""

# Of the built-in issuer's tokens, in seconds.
ACCESS_LIFETIME = 30 * 60
REFRESH_LIFETIME = 7 * 24 * 3600
