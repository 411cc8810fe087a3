"""The custom resource `Schema`: creates the database's roles, then upgrades the schema to the template's
revision.

It signs in as the master user at the cluster itself, where locks pin no proxy. It leaves a newer database as
it is: after a rollback, older code runs on the newer, compatible schema.

It runs for another revision, another release and another database, each a property of the resource.
"""

from collections.abc import Mapping
from typing import Any

from shared.runtime.settings import settings

from custom_resource import Refused, custom_resource

UNSTAMPED = "unstamped"  # the value in the template's source


def migrate(properties: Mapping[str, Any]) -> dict[str, str]:
    _check_release(properties)
    # Imported here: a failed import at the top would leave CloudFormation without an answer.
    from sqlalchemy.exc import SQLAlchemyError

    from infra.deployed.migrations import UnknownRevision, await_sign_in, in_words, is_past, upgrade
    from infra.deployed.migrations.bootstrap import create_roles

    revision = properties["Revision"]
    try:
        await_sign_in(settings().database_url)
        if not is_past(settings().database_url, revision):
            create_roles(settings().database_url)
            upgrade(settings().database_url, revision)
    except UnknownRevision as error:
        raise Refused(str(error)) from error
    except (SQLAlchemyError, OSError) as error:
        raise Refused(f"The migration to {revision} failed: {in_words(error)}") from error
    return {"Revision": revision}


def _check_release(properties: Mapping[str, Any]) -> None:
    """Errors: Refused, if the functions would not get this stage's environment."""
    release, stage = properties["Release"], properties["Stage"]
    if release == UNSTAMPED:
        raise Refused(
            "This build has no release stamp: build it with `make build STAGE=...`, not `sam build`"
        )
    if release.rpartition("-")[0] != stage:
        raise Refused(f"This is the build {release}, of another stage than {stage}: `make build STAGE=...`")


handler = custom_resource(migrate)
