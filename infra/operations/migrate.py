"""The custom resource `Schema`: the database's roles, then its schema up to the template's revision.

It signs in as the master user at the cluster itself, where locks pin no proxy. A database that is already
past the revision stays as it is: after a rollback the older code meets the newer, compatible schema.
"""

from collections.abc import Mapping
from typing import Any

from custom_resource import Refused, custom_resource
from shared.settings import settings


def migrate(properties: Mapping[str, Any]) -> dict[str, str]:
    # Here, since a failed import at the top would leave CloudFormation without an answer.
    from sqlalchemy.exc import SQLAlchemyError

    from infra.migrations import UnknownRevision, in_words, is_past, upgrade
    from infra.migrations.bootstrap import create_roles

    revision = properties["Revision"]
    try:
        if not is_past(settings().database_url, revision):
            create_roles(settings().database_url)
            upgrade(settings().database_url, revision)
    except UnknownRevision as error:
        raise Refused(str(error)) from error
    except (SQLAlchemyError, OSError) as error:
        raise Refused(f"The migration to {revision} failed: {in_words(error)}") from error
    return {"Revision": revision}


handler = custom_resource(migrate)
