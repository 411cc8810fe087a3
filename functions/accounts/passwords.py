"""Passwords: argon2id with OWASP's parameters, bcrypt for imported users until they sign in.

Source: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
"""

from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify(password: str, password_hash: str | None) -> bool:
    """Whether it is the password. Without a hash, False after the same time."""
    if password_hash is not None and password_hash.startswith("$2"):
        return _verify_bcrypt(password, password_hash)
    try:
        return _hasher.verify(password_hash or _nobodys(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether it is of another algorithm, or of other parameters, than a new one would be."""
    return password_hash.startswith("$2") or _hasher.check_needs_rehash(password_hash)


def is_common(password: str) -> bool:
    return password.lower() in _common_passwords()


def _verify_bcrypt(password: str, password_hash: str) -> bool:
    import bcrypt  # only imported users have such a hash

    try:
        return bcrypt.checkpw(password.encode()[:72], password_hash.encode())  # bcrypt never read more
    except ValueError:
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody")


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text().splitlines()[1:])
