"""E-mail addresses by their domain's A-label; an index of imported users; no session of an inactive one."""

import unicodedata
from collections import defaultdict

import idna
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
UNSAFE = {"asks-the-database": "an address's key takes Python, and few addresses are outside of ASCII"}


def upgrade() -> None:
    _recompute_email_keys(op.get_bind())
    op.create_index(
        "ix_users_imported_cost",
        "users",
        [sa.text("CAST(substr(password_hash, 5, 2) AS integer)")],
        postgresql_where=sa.text("password_hash ~ '^[$]2[abxy][$][0-9][0-9][$]'"),
    )
    op.execute(
        "UPDATE refresh_families SET revoked_at = now() FROM users"
        " WHERE users.id = user_id AND NOT is_active AND revoked_at IS NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_users_imported_cost", "users")


def _recompute_email_keys(db: sa.Connection) -> None:
    """Only addresses outside ASCII, or with A-labels, have another key than before.

    Until the old code is replaced, their users cannot sign in by address; everybody else can.
    """
    affected = sa.text(
        "SELECT id, email FROM users WHERE octet_length(email) <> length(email) OR email ILIKE '%xn--%'"
    )
    new_keys = {row.id: _email_key(row.email) for row in db.execute(affected)}
    if not new_keys:
        return
    _refuse_collisions(db, new_keys)
    ids = list(new_keys)
    # Gone first: one's new key can be another's old one.
    db.execute(sa.text("UPDATE users SET email_key = NULL WHERE id = ANY(:ids)"), {"ids": ids})
    set_key = sa.text("UPDATE users SET email_key = :key WHERE id = :id")
    db.execute(set_key, [{"id": user_id, "key": key} for user_id, key in new_keys.items()])


def _refuse_collisions(db: sa.Connection, new_keys: dict[int, str]) -> None:
    others = sa.text("SELECT id, email_key FROM users WHERE email_key = ANY(:keys) AND id <> ALL(:ids)")
    holders: dict[str, list[int]] = defaultdict(list)
    for user_id, key in new_keys.items():
        holders[key].append(user_id)
    for row in db.execute(others, {"keys": list(holders), "ids": list(new_keys)}):
        holders[row.email_key].append(row.id)
    collisions = [" and ".join(map(str, sorted(ids))) for ids in holders.values() if len(ids) > 1]
    if collisions:
        raise ValueError(
            f"Users with one e-mail address, differently spelt: {'; '.join(sorted(collisions))}."
            " Change or delete one of each, then migrate again."
        )


def _email_key(address: str) -> str:
    """As shared/identity/users.py makes it at this revision."""
    local, _, domain = address.rpartition("@")
    return f"{_name_key(local)}@{_a_label(domain)}"


def _a_label(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return _name_key(domain)


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
