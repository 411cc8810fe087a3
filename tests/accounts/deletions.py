"""A deletion that other calls meet."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import sqlalchemy as sa

from tests.accounts.environments import Environment, patience, until_all_wait
from tests.support.client import Client
from tests.support.sample_calls import id_of


@contextmanager
def deletion_under_way(db: sa.Connection, admin: Client, user: Client) -> Iterator[None]:
    """In another environment, an admin deletes the user. The last statement waits until the block ends.

    Afterwards the user is deleted, and this environment still knows the caller.
    """
    own_path = f"/api/v1/users/{id_of(user)}"
    with patience(db.engine), ThreadPoolExecutor(1) as thread:
        environment = Environment({})
        client = environment.serve(admin)
        assert client.delete("/api/v1/users/9999").status == 404
        assert user.get("/api/v1/users/me").status == 200
        # As a call does that adds a row of the user's.
        db.execute(sa.text("SELECT FROM users WHERE id = :id FOR KEY SHARE"), {"id": id_of(user)})
        deletion = thread.submit(client.delete, own_path)
        until_all_wait(db.engine, [deletion])
        try:
            yield
        finally:
            db.rollback()
        assert deletion.result().status == 204
        environment.stop()
