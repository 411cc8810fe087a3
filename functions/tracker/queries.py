"""The caller's own rows: no other code decides that, so another user's row is 404 on every route."""

from shared.identity.callers import Caller
from shared.models.tracker import Issue, Project

from sqlalchemy import Select, select


def own_projects(caller: Caller) -> Select[Project]:
    return select(Project).where(Project.owner_id == caller.id)


def own_issues(caller: Caller) -> Select[Issue]:
    """Those of the caller's projects. To lock one: `with_for_update(of=Issue)`."""
    return select(Issue).join(Project, Project.id == Issue.project_id).where(Project.owner_id == caller.id)
