"""`python -m infra.local.demo`: fills the running stack. SCALE: how many times the least data."""

import os

from shared.models.users import User

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from infra.deployed.migrations import in_words
from infra.domains import provided
from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.demo import data
from infra.local.demo.data import Scale
from infra.local.demo.filling import PASSWORD, fill, is_there, require_no_cloud, require_this_machine
from infra.local.running_stack import read_state


def main() -> None:
    state = read_state(read_config())
    scale = Scale.of(os.environ.get("SCALE") or "1")
    engine = create_engine(state.database_url, poolclass=NullPool, hide_parameters=True)
    require_this_machine(engine)
    try:
        with engine.begin() as db:
            require_no_cloud(db)
            if is_there(db):
                print("The demo data exists already. For other data, start with another DATA_DIR.")
            else:
                with _bar() as bar:
                    rows = bar.add_task("rows", total=scale.rows)
                    fill(db, scale, lambda count: bar.advance(rows, count))
                print(scale)
            user = db.scalar(select(User.id).where(User.username == data.username(0)))
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the demo data was rolled back: {in_words(error)}") from None
    for calls in provided("LOOK_AT"):
        print(calls.format(origin=state.issuer.url, user=user, name=data.username(0), password=PASSWORD))


def _bar() -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


run(main)
