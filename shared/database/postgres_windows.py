"""Sliding windows in Postgres, which all environments share; see `shared/redis/sliding_windows.py`."""

from datetime import datetime, timedelta
from hashlib import blake2b

from shared.database.sessions import execute_and_commit, execute_deferred
from shared.models.sign_in import SignInWindow
from shared.redis.sliding_windows import Verdict

from sqlalchemy import func, text, update
from sqlalchemy.orm import Session

COUNT = text("""
    INSERT INTO sign_in_windows AS kept (key, calls, admitted, expires_at)
    VALUES (:key, ARRAY[now()], true, now() + CAST(:window AS interval))
    ON CONFLICT (key) DO UPDATE SET (calls, admitted, expires_at) = (
        SELECT CASE WHEN count(*) < :limit THEN array_append(array_agg(call ORDER BY call), now())
                    ELSE array_agg(call ORDER BY call) END,
               count(*) < :limit,
               now() + CAST(:window AS interval)
        FROM unnest(kept.calls) AS call WHERE call > now() - CAST(:window AS interval))
    RETURNING admitted, cardinality(calls) AS counted, now() AS at,
              CAST(extract(epoch FROM calls[1] + CAST(:window AS interval) - now()) AS float) AS frees_in
""")


class PostgresWindows:
    """A count is committed at once, whatever becomes of the request; `db` has written nothing before."""

    def __init__(self, db: Session, seconds: float) -> None:
        self._db, self._seconds = db, seconds

    def count(self, key: str, limit: int) -> Verdict:
        length = timedelta(seconds=self._seconds)
        values = {"key": _digest(key), "limit": limit, "window": length}
        found = execute_and_commit(self._db, COUNT, values)
        assert found is not None  # it inserts or updates the key's row
        call = found.at.isoformat() if found.admitted else ""
        return Verdict(limit, found.counted, found.frees_in, call)

    def take_back(self, key: str, call: str) -> None:
        """Takes effect with the request's own transaction."""
        calls = func.array_remove(SignInWindow.calls, datetime.fromisoformat(call))
        window = update(SignInWindow).where(SignInWindow.key == _digest(key))
        execute_deferred(self._db, window.values(calls=calls))


def _digest(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
