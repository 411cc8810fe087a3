"""Passwords: argon2id with OWASP's parameters, bcrypt for imported users until they sign in.

Source: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def normalize(password: str) -> str:
    """The form in which new passwords are measured, compared with common ones and hashed: NFKC."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    return _hasher.hash(normalize(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """True if the text is the password, as it was given or normalized."""
    return any(_verify(form, password_hash) for form in _forms(password))


def verify_at_sign_in(password: str, password_hash: str | None, imported_cost: int | None) -> str | None:
    """The hash to keep from now on where it is the password, None where it is not.

    Every user, known or not, pays for one argon2 and, where there are imported users, for bcrypt at their
    highest cost, `imported_cost`, and that for each form of the text. So the time depends on the text alone.
    """
    old_hash, right = password_hash or "", set[str]()
    for form in _forms(password):
        if _verify(form, password_hash):
            right.add(form)
        if imported_cost is not None:
            _pay_for_bcrypt(form, old_hash, imported_cost)
        if not old_hash.startswith("$argon2"):
            new_hash = _hasher.hash(form)  # costs what verifying does; the last form is the normalized one
    if not right:
        return None
    if not old_hash.startswith("$argon2"):
        return new_hash
    is_kept = normalize(password) in right and not _hasher.check_needs_rehash(old_hash)
    return old_hash if is_kept else hash_password(password)


def _forms(password: str) -> list[str]:
    """The text as given and, where it differs, normalized: an older release or system hashed it as given."""
    return list(dict.fromkeys([password, normalize(password)]))


def _verify(password: str, password_hash: str | None) -> bool:
    if password_hash is None:
        return False
    if _bcrypt_cost(password_hash) is not None:
        return _verify_bcrypt(password, password_hash)
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


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
