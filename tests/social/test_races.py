"""Likes and retweets that run at the same moment, each on a connection of its own."""

from collections.abc import Callable
from threading import Barrier, Thread

from shared.http import NotFound
from shared.identity.callers import Caller
from shared.models.social import Like, Post, Retweet
from shared.models.users import User

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from infra.local.postgres import Cluster
from social.queries import Relation, add_relation, remove_relation

MANY = 50


def at_once(url: str, *calls: Callable[[Session], object]) -> list[Exception]:
    """Run each call in a transaction of its own, all begun before the first goes on; what they raised."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    together, raised = Barrier(len(calls)), list[Exception]()

    def run(call: Callable[[Session], object]) -> None:
        try:
            with Session(engine) as session:
                session.execute(sa.text("SELECT 1"))
                together.wait()
                call(session)
                session.commit()
        except Exception as error:
            raised.append(error)

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def users(db: sa.Connection) -> list[Caller]:
    """Fifty users, and a post by the first."""
    rows = [{"username": f"u{number}", "username_key": f"u{number}"} for number in range(MANY)]
    ids = db.scalars(sa.insert(User).returning(User.id), rows).all()
    db.execute(sa.insert(Post).values(content="hello", owner_id=ids[0]))
    db.commit()
    return [Caller(id=user, role="user", is_active=True, session_id=None) for user in ids]


def rows(db: sa.Connection, relation: Relation) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(relation)) or 0


@pytest.mark.parametrize("relation", [Like, Retweet])
class TestAtOnce:
    def test_fifty_users_leave_exactly_fifty(
        self, cluster: Cluster, db: sa.Connection, users: list[Caller], relation: Relation
    ) -> None:
        calls = [lambda session, user=user: add_relation(session, relation, 1, user) for user in users]
        assert at_once(cluster.app_url, *calls) == []
        assert rows(db, relation) == MANY

    def test_one_user_fifty_times_leaves_exactly_one(
        self, cluster: Cluster, db: sa.Connection, users: list[Caller], relation: Relation
    ) -> None:
        calls = [lambda session: add_relation(session, relation, 1, users[7])] * MANY
        assert at_once(cluster.app_url, *calls) == []
        assert rows(db, relation) == 1

    def test_what_comes_and_goes_raises_nothing(
        self, cluster: Cluster, db: sa.Connection, users: list[Caller], relation: Relation
    ) -> None:
        verbs = [add_relation, remove_relation] * 12
        calls = [lambda session, verb=verb: verb(session, relation, 1, users[7]) for verb in verbs]
        assert at_once(cluster.app_url, *calls) == []
        assert rows(db, relation) <= 1

    def test_with_the_posts_end_is_204_or_404_and_leaves_nothing(
        self, cluster: Cluster, db: sa.Connection, users: list[Caller], relation: Relation
    ) -> None:
        def delete(session: Session) -> None:
            session.delete(session.scalars(sa.select(Post).with_for_update()).one())
            session.flush()

        calls = [lambda session, user=user: add_relation(session, relation, 1, user) for user in users[:20]]
        raised = at_once(cluster.app_url, *calls[:10], delete, *calls[10:])
        assert {type(error) for error in raised} <= {NotFound}
        assert rows(db, relation) == 0
