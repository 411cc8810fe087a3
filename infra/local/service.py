"""`python -m infra.local.service NAME [SCOPES]`: adds a service to the running stack and prints its secret.

SCOPES are separated by commas, by default all of them.
"""

import sys

from shared.identity.scopes import scopes_of
from shared.identity.services import add_service

from sqlalchemy.orm import Session

from infra.domains import names
from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.running_stack import read_state
from infra.local.users import transaction

USAGE = "name the service: make service NAME=import SCOPES={scopes}"


def main() -> None:
    known = scopes_of(names())
    name, scopes = [*sys.argv[1:], "", ""][:2]
    if not name.strip():
        raise CommandError(USAGE.format(scopes=",".join(known[:2])))
    chosen = scopes.split(",") if scopes else known
    if unknown := sorted(set(chosen) - set(known)):
        raise CommandError(f"{', '.join(unknown)} is no scope here: {', '.join(known)}")
    state = read_state(read_config())
    with transaction(state.database_url) as db:
        service, secret = add_service(Session(db), name, chosen)
    print(f"client_id={service.client_id}\nclient_secret={secret}")
    origin = state.issuer.url
    print(
        f"curl -u {service.client_id}:{secret} -d grant_type=client_credentials {origin}/api/v1/auth/token",
        file=sys.stderr,
    )


run(main)
