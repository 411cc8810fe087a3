"""Passwords: argon2id with OWASP's parameters, bcrypt for imported users until they sign in.

Source: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
"""

import re
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify(password: str, password_hash: str | None) -> bool:
    """Whether it is the password."""
    if password_hash is None:
        return False
    if _bcrypt_cost(password_hash) is not None:
        return _verify_bcrypt(password, password_hash)
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def verify_at_sign_in(password: str, password_hash: str | None, imported_cost: int | None) -> str | None:
    """The hash to keep from now on where it is the password, None where it is not.

    Whoever it is pays for one argon2 and, where there are imported users, for bcrypt at their highest
    cost, `imported_cost`, so that time tells nobody apart.
    """
    right, kept = verify(password, password_hash), password_hash or ""
    if imported_cost is not None:
        _pay_for_bcrypt(password, kept, imported_cost)
    if not kept.startswith("$argon2"):
        kept = hash_password(password)  # costs what verifying does
    if not right:
        return None
    return hash_password(password) if _hasher.check_needs_rehash(kept) else kept


def is_common(password: str) -> bool:
    return password.lower() in _common_passwords()


def _verify_bcrypt(password: str, password_hash: str) -> bool:
    import bcrypt  # only imported users have such a hash

    try:
        return bcrypt.checkpw(password.encode()[:72], password_hash.encode())  # bcrypt never read more
    except ValueError:
        return False


def _pay_for_bcrypt(password: str, password_hash: str, imported_cost: int) -> None:
    """Make up for what the user's own hash did not cost: each cost is twice the one before it."""
    own_cost = _bcrypt_cost(password_hash)
    for cost in [imported_cost] if own_cost is None else range(own_cost, imported_cost):
        _verify_bcrypt(password, f"$2b${cost:02}${'.' * 53}")


def _bcrypt_cost(password_hash: str) -> int | None:
    found = re.match(r"\$2[abxy]\$(\d\d)\$", password_hash, re.ASCII)
    return int(found[1]) if found else None


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text().splitlines()[1:])
