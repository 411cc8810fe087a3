"""A project served by the emulator in this process, on a port of its own."""

import asyncio
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.runtime.product import NAME

from aiohttp import web

from infra.emulator.gateway import Gateway
from infra.emulator.python import Python
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.emulator.worker_limits import Limits, machine_limits
from tests.emulator.client import HttpAnswer, request

SOURCE = Path(__file__).parent / "sample"


class Sample:
    """`replaced` are settings of the template; `limits` are the machine's unless given."""

    def __init__(
        self,
        folder: Path,
        issuer: str = "https://issuer.test",
        limits: Limits | None = None,
        allowed_hosts: tuple[str, ...] = (),
        **replaced: str,
    ) -> None:
        self.code = folder / "code"
        self.printed: list[str] = []
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        text = (SOURCE / "template.yaml").read_text().replace("ISSUER", issuer).replace("AUDIENCE", NAME)
        for old, new in replaced.items():
            assert old in text
            text = text.replace(f"{old}: 1000", f"{old}: {new}")
        (folder / "template.yaml").write_text(text)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        template = load(folder / "template.yaml", issuer, {"FOLDER": str(folder)}, {})
        self.template = template
        self.wait(self._start(template, limits or machine_limits(), allowed_hosts))

    async def _start(self, template: Any, limits: Limits, allowed_hosts: tuple[str, ...]) -> None:
        self.runtime = Runtime(lambda name, line: self.printed.append(line), Python(), limits)
        await self.runtime.start()
        self.gateway = Gateway(template, self.runtime, allowed_hosts)
        self._runner = self.gateway.runner()
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port: int = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self.runtime.stop()

    def stop(self) -> None:
        self.wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)

    def on_loop(self, act: Callable[[], None]) -> None:
        """Do something where the emulator's own code runs."""

        async def acted() -> None:
            act()

        self.wait(acted())

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> HttpAnswer:
        return request(self.port, method, path, body, headers)

    @property
    def workers(self) -> int:
        return len(self.runtime.pool.workers)
