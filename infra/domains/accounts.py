"""Users and follows outside of Lambda. The other domains' demo rows name these users."""

from collections.abc import Iterator

from shared.models.follows import Follow

from infra.domains import Call, Demo, chance

MAIN_READS = ("login", "refresh")

USERS, FOLLOWS = 50, 10  # for each unit; of each user
LOOK_AT = """\
Sign in as {name}, whose password is {password!r}, as every demo user's is:
  curl -s {origin}/api/v1/auth/login -H 'Content-Type: application/json' \\
       -d '{{"username": "{name}", "password": "{password}"}}'
That user's followers:
  curl -s {origin}/api/v1/users/{user}/followers"""


def amount(factor: int) -> tuple[str, int]:
    users = USERS * factor
    return f"{users:,} users", users * (1 + FOLLOWS)


def demo(demo: Demo) -> None:
    demo.copy((Follow.follower_id, Follow.followed_id), _follows(demo.users))


def _follows(users: list[int]) -> Iterator[tuple[int, int]]:
    chosen = chance("follows")
    for user in users:
        others = [other for other in chosen.sample(users, FOLLOWS + 1) if other != user]
        yield from ((user, other) for other in others[:FOLLOWS])


def journey(call: Call) -> str:
    call("GET", "/api/v1/users/me", None, 200, "read one's own profile")
    return "read their profile"
