from tests.support.bulk import MOMENT, SERIES

FILL = [
    f"INSERT INTO users (username, username_key, role) SELECT 'u' || n, 'u' || n, 'admin' {SERIES}",
    f"INSERT INTO follows (follower_id, followed_id, created_at) SELECT 1, n, {MOMENT} {SERIES} WHERE n > 1",
    f"INSERT INTO follows (follower_id, followed_id, created_at) SELECT n, 1, {MOMENT} {SERIES} WHERE n > 1",
    "INSERT INTO follows (follower_id, followed_id) SELECT 2, n * 1000 FROM generate_series(1, 30) n",
    (
        "INSERT INTO refresh_families (user_id, last_used_at, expires_at)"
        f" SELECT 1 + n % 2, now() - n * interval '5 s', now() + interval '20 days' {SERIES}"
    ),
    "UPDATE refresh_families SET revoked_at = now() WHERE id % 3 = 0",
    f"INSERT INTO account_events (user_id, kind) SELECT 1 + n % 2, 'signed_in' {SERIES}",
    "UPDATE users SET is_active = false WHERE id % 2500 = 0",
    # Newer than all people, so that a list of people meets the services first.
    f"INSERT INTO users (username, username_key, kind) SELECT 's' || n, 's' || n, 'service' {SERIES}",
    (
        "INSERT INTO services (id, name, scope, secret_hash)"
        " SELECT id, username, 'a:read', '' FROM users WHERE kind = 'service'"
    ),
]
LISTS = {
    "list_users": ["/api/v1/users", "/api/v1/users?is_active=true", "/api/v1/users?is_active=false"],
    "list_sessions": ["/api/v1/users/me/sessions"],
    "list_my_events": ["/api/v1/users/me/events"],
    "list_user_events": ["/api/v1/users/1/events"],
    "list_followers": ["/api/v1/users/1/followers"],
    "list_services": ["/api/v1/services"],
    "list_following": ["/api/v1/users/1/following"],
}
