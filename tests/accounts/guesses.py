"""Sign-ins from many addresses, right and wrong."""

from tests.support.client import Answer, Client

LIMIT = 4
SHARE = 2  # of each of an account's two names
LOGIN, HOME, AWAY = "/api/v1/auth/login", "192.0.2.1", "198.51.100.{}"


def sign_in(password: str, address: str, name: str = "alice") -> Answer:
    return Client().post(LOGIN, json={"username": name, "password": password}, address=address)


def guess(*addresses: str, name: str = "alice") -> list[int]:
    return [sign_in("wrong password", each, name).status for each in addresses]


def wrong(count: int) -> list[int]:
    """Sign-ins from home, each to another account."""
    return [guess(HOME, name=f"person_{number}")[0] for number in range(count)]


def others(count: int, first: int = 1) -> list[str]:
    return [AWAY.format(number) for number in range(first, first + count)]
