"""`python -m infra.local.demo`: fills the running stack. SCALE: thousands of posts, each with ten likes."""

import os

from shared.models.users import User

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from infra.deployed.migrations import in_words
from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.demo import data
from infra.local.demo.data import Scale
from infra.local.demo.filling import PASSWORD, fill, is_there, require_no_cloud, require_this_machine
from infra.local.running_stack import read_state

LOOK_AT = """\
The latest posts, with their likes and retweets:
  curl -s '{origin}/api/v1/posts/with_counts?limit=3'
What one user wrote, and who follows them:
  curl -s {origin}/api/v1/users/{user}/posts
  curl -s {origin}/api/v1/users/{user}/followers
Sign in as {name}, whose password is {password!r}, as every demo user's is:
  curl -s {origin}/api/v1/auth/login -H 'Content-Type: application/json' \\
       -d '{{"username": "{name}", "password": "{password}"}}'
Their feed and their projects, with a token of make's:
  curl -s {origin}/api/v1/feed -H "Authorization: Bearer $(make -s token USER={name})"
  curl -s {origin}/api/v1/projects -H "Authorization: Bearer $(make -s token USER={name})"
Books by a category, with their ratings:
  curl -s '{origin}/api/v1/books?category_id=1&limit=3'"""


def main() -> None:
    state = read_state(read_config())
    scale = Scale.of(os.environ.get("SCALE") or "1")
    engine = create_engine(state.database_url, poolclass=NullPool, hide_parameters=True)
    require_this_machine(engine)
    try:
        with engine.begin() as db:
            require_no_cloud(db)
            if is_there(db):
                print("The demo data is there already; for other data start with another DATA_DIR.")
            else:
                with _bar() as bar:
                    rows = bar.add_task("rows", total=scale.rows)
                    fill(db, scale, lambda count: bar.advance(rows, count))
                print(scale)
            user = db.scalar(select(User.id).where(User.username == data.username(0)))
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"nothing was kept: {in_words(error)}") from None
    print(LOOK_AT.format(origin=state.issuer.url, user=user, name=data.username(0), password=PASSWORD))


def _bar() -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


run(main)
