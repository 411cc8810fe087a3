"""`python -m infra.local.status [env]`: prints what runs where; `env` prints variables for scripts."""

import sys

from shared.models.users import User

from sqlalchemy import select

from infra.local.command import run, step
from infra.local.config import Config, read_config
from infra.local.lock import holder
from infra.local.running_stack import State, read_state
from infra.local.users import transaction

USERS = 5  # names at most


def main() -> None:
    config = read_config()
    state = read_state(config)
    if sys.argv[1:] == ["env"]:
        for name, value in variables(state).items():
            print(f"{name}='{value}'")
    else:
        _show(config, state)


def variables(state: State) -> dict[str, str]:
    return {
        "API_URL": state.issuer.url,
        "PAGE_URL": f"{state.issuer.url}/_local",
        "DATABASE_URL": _plain(state.database_url),
        "OWNER_DATABASE_URL": _plain(state.owner_url),
    }


def _show(config: Config, state: State) -> None:
    step("running", holder(config))
    step("api", state.issuer.url)
    step("page", f"{state.issuer.url}/_local")
    step("database", f"{_plain(state.database_url)}  (the functions')")
    step("", f"{_plain(state.owner_url)}  (its owner's)")
    step("data", str(config.data_dir))
    with transaction(state.database_url) as db:
        people = select(User.username, User.role).where(User.is_person)
        rows = db.execute(people.order_by(User.id).limit(USERS + 1)).all()
    named = [name + (f" ({role})" if role != "user" else "") for name, role in rows[:USERS]]
    step("users", ", ".join(named) + (", ..." if len(rows) > USERS else "") or "none yet")


def _plain(url: str) -> str:
    """Returns the URL as psql and other programs expect it."""
    return "postgresql://" + url.partition("://")[2]


run(main)
