"""SQLAlchemy's pg8000 dialect over a pipelined connection, without its probing.

`create_engine` finds it as `postgresql+pipelined://`. It adds two execution options: `deferred` and
`pipeline_commit`, described at `PipelinedConnection`.
"""

import re
from typing import Any

from shared.database.driver.pipeline import connect

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000, PGExecutionContext_pg8000
from sqlalchemy.engine.interfaces import IsolationLevel

DRIVER_NAME = "postgresql+pipelined"


class _ExecutionContext(PGExecutionContext_pg8000):
    def pre_exec(self) -> None:
        """Turns deferring off for a statement that returns rows."""
        driver: Any = self._dbapi_connection.dbapi_connection
        compiled: Any = self.compiled
        is_dml = self.isinsert or self.isupdate or self.isdelete
        may_wait = is_dml and not compiled.effective_returning
        driver.deferred = self.execution_options.get("deferred", False) and may_wait
        driver.pipeline_commit = self.execution_options.get("pipeline_commit", False)


class PipelinedDialect(PGDialect_pg8000):
    driver = "pipelined"
    supports_statement_cache = True
    execution_ctx_cls = _ExecutionContext

    def connect(self, **options: Any) -> Any:
        return connect(**options)

    def set_isolation_level(self, dbapi_connection: Any, level: IsolationLevel) -> None:
        """Accepts AUTOCOMMIT or the server's default, which needs no `SET`: that would pin RDS Proxy."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def get_isolation_level_values(self, dbapi_connection: Any) -> tuple[IsolationLevel, ...]:
        return ("AUTOCOMMIT", "READ COMMITTED")

    # Answers to SQLAlchemy's queries at the first connection: the server has sent them, or they are fixed.

    def get_default_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        return "READ COMMITTED"

    def _get_default_schema_name(self, connection: Any) -> str:
        return "public"

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        version = _reported(connection, "server_version")
        return tuple(int(number) for number in re.findall(r"\d+", version.split()[0]))

    def _set_backslash_escapes(self, connection: Any) -> None:
        self._backslash_escapes = _reported(connection, "standard_conforming_strings") == "off"


def _reported(connection: Any, parameter: str) -> str:
    value: str = connection.connection.dbapi_connection.parameter_statuses[parameter]
    return value


registry.register("postgresql.pipelined", __name__, PipelinedDialect.__name__)
