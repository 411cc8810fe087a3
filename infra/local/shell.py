"""`python -m infra.local.shell`: opens Python with the models and a session on the stack's database."""

import code
import readline
import rlcompleter
from typing import Any

import shared.models
from shared.models.base import Base

import sqlalchemy
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.orm import Session

from infra.local.command import run
from infra.local.config import read_config
from infra.local.stack_database import database_at_hand

BANNER = """\
db is a session on {place} with the functions' rights; select, func and the models are imported:
{models}
db.commit() keeps what you change; Ctrl-D ends."""


def engine_for_people(url: str) -> Engine:
    """Without the limit on idle transactions: a person thinks for longer than a function does."""
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def lift(connection: Any, _: object) -> None:
        connection.cursor().execute("SET idle_in_transaction_session_timeout = 0")
        connection.commit()

    return engine


def main() -> None:
    with database_at_hand(read_config(), "make shell") as database:
        engine = engine_for_people(database.app_url)
        shared.models.map_all()
        models = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}
        with Session(engine) as db:
            names = {**models, "db": db, "select": sqlalchemy.select, "func": sqlalchemy.func}
            readline.set_completer(rlcompleter.Completer(names).complete)
            readline.parse_and_bind("tab: complete")
            place = engine.url.render_as_string(hide_password=True)
            code.interact(
                BANNER.format(place=place, models=", ".join(sorted(models))), local=names, exitmsg=""
            )


if __name__ == "__main__":
    run(main)
