"""The dashboard's panels about the stack: its addresses, its users, its schema and its jobs."""

import asyncio
import os
from collections.abc import Sequence

from shared.models.users import User

from sqlalchemy import make_url, select

from infra.emulator.dashboard import Action, Panel
from infra.local.config import Config
from infra.local.job_runner import JobRunner
from infra.local.running_stack import State
from infra.local.schema_watch import SchemaWatch
from infra.local.users import DEMO, token_for, transaction

USERS = 20  # in the list of names


def panels(config: Config, state: State, schema: SchemaWatch, jobs: JobRunner) -> tuple[Panel, ...]:
    place = make_url(state.database_url)
    database = (
        ("URL", place._replace(drivername="postgresql", password=None).render_as_string()),
        ("Owner", make_url(state.owner_url).username or ""),
        ("Terminal", "make db"),
        ("Whose", "the stack's own" if state.own_database else "the one of DATABASE_URL"),
    )
    here = (
        ("API", config.origin),
        ("Process", str(os.getpid())),
        ("Code", "the build" if config.build_dir else "the sources"),
        ("Data", str(config.data_dir)),
    )
    mails = f"{config.origin}/_local/mail"
    return (
        _tokens(state),
        _migrations(schema),
        Panel("database", "Database", lambda: database),
        Panel("jobs", "Jobs", lambda: (*jobs.rows, ("Mails", mails), ("Terminal", "make jobs"))),
        Panel("here", "The stack", lambda: here),
    )


def _migrations(schema: SchemaWatch) -> Panel:
    async def apply(_: str) -> str:
        return await schema.apply()

    async def look(_: str) -> str:
        await schema.look()
        return schema.in_words

    def rows() -> Sequence[tuple[str, str]]:
        found = schema.found
        return ("Database", found.current or "empty"), ("Code", found.newest), ("State", schema.in_words)

    actions = Action("apply", "Apply pending migrations", apply), Action("look", "Compare again", look)
    return Panel("migrations", "Migrations", rows, actions)


def _tokens(state: State) -> Panel:
    users = [DEMO]  # the users at the time of the last token

    async def token(username: str) -> str:
        return await asyncio.to_thread(_token, username or DEMO, state, users)

    return Panel("token", "A token", lambda: (), (Action("get", "Get a token", token, lambda: users, True),))


def _token(username: str, state: State, users: list[str]) -> str:
    token = token_for(username, state.database_url, state.issuer)
    with transaction(state.database_url) as db:
        people = select(User.username).where(User.is_person)
        names = db.scalars(people.order_by(User.id.desc()).limit(USERS)).all()
    users[:] = [DEMO, *(name for name in names if name != DEMO)]
    return token
