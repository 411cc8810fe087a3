"""Runs the job functions of the template once a second while a job is due, as the cloud's schedule does."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from shared.jobs import STATES, count_by_state
from shared.models.jobs import Job

from sqlalchemy import Engine, case, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from infra.deployed.migrations import in_words
from infra.emulator.destinations import invoke_async
from infra.emulator.model import Template
from infra.emulator.runtime import Runtime
from infra.local.command import step

PAUSE = 1.0  # seconds
PURGE_AFTER = 3600  # seconds between two purges
REMOVE_AFTER = 60  # seconds between two removals of what deleted users left
SHOWN = 8  # jobs on the dashboard
TAKE, PURGE, REMOVE = "TakeJobsFunction", "PurgeRowsFunction", "RemoveUsersFunction"


class JobRunner:
    def __init__(self, database_url: str, runtime: Runtime, template: Callable[[], Template]) -> None:
        self._engine = create_engine(
            database_url, pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True
        )
        self._runtime, self._template = runtime, template
        self.rows: Sequence[tuple[str, str]] = ()  # of the dashboard's panel

    async def run(self) -> None:
        try:
            await self._run()
        finally:
            self._engine.dispose()

    async def _run(self) -> None:
        told = ""
        for second in count():
            await asyncio.sleep(PAUSE)
            if second % PURGE_AFTER == PURGE_AFTER - 1:
                await self._invoke(PURGE)
            if second % REMOVE_AFTER == REMOVE_AFTER - 1:
                await self._invoke(REMOVE)
            try:
                is_due, rows = await asyncio.to_thread(_look, self._engine)
            except (SQLAlchemyError, OSError) as error:  # such as a restart, or an older schema
                if in_words(error) != told:
                    step("jobs", told := in_words(error))
                continue
            told = ""
            if is_due:
                await self._invoke(TAKE)
                _, rows = await asyncio.to_thread(_look, self._engine)
            if rows != self.rows:
                self.rows = rows
                self._runtime.activity.publish("state")

    async def _invoke(self, name: str) -> None:
        functions = self._template().functions
        await invoke_async(self._runtime, functions, functions[name], {})


def _look(engine: Engine) -> tuple[bool, list[tuple[str, str]]]:
    state = case(*((each, name) for name, each in STATES.items())).label("state")
    with Session(engine) as db:
        counted = count_by_state(db)
        columns = (Job.id, Job.kind, Job.last_error, state)
        newest = db.execute(select(*columns).order_by(Job.id.desc()).limit(SHOWN)).all()
    jobs = [(f"{job.id} {job.kind}", f"{job.state} {job.last_error or ''}".rstrip()) for job in newest]
    summary = ", ".join(f"{jobs} {name}" for name, jobs in counted.items() if jobs)
    return counted["due"] > 0, [("All", summary or "none yet"), *jobs]
