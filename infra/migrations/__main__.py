"""`python -m infra.migrations upgrade | check`, on the database of DATABASE_URL."""

import argparse

from shared.settings import settings

from alembic import command

from infra.migrations import config


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra.migrations", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("upgrade", help="bring the schema to the newest revision")
    actions.add_parser("check", help="fail where the models and the schema differ")
    arguments = parser.parse_args()
    chosen = config(settings().database_url)
    match arguments.action:
        case "upgrade":
            command.upgrade(chosen, "head")
        case "check":
            command.check(chosen)


main()
