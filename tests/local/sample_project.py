"""The sample project served by the local gateway and runtime, in this process, on a port of its own."""

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.emulator.gateway import Gateway
from infra.emulator.python import venv_python
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.local.postgres import free_port
from tests.local.conftest import HttpAnswer, request

SOURCE = Path(__file__).parent / "sample"


class Sample:
    def __init__(self, folder: Path, issuer: str = "https://issuer.test", **replaced: str) -> None:
        self.port = free_port()
        self.code = folder / "code"
        self.printed: list[str] = []
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        text = (SOURCE / "template.yaml").read_text().replace("ISSUER", issuer)
        for old, new in replaced.items():
            assert old in text
            text = text.replace(f"{old}: 1000", f"{old}: {new}")
        (folder / "template.yaml").write_text(text)
        self.runtime = Runtime(lambda name, line: self.printed.append(line), venv_python())
        self._gateway = Gateway(load(folder / "template.yaml", issuer, {}, {}), self.runtime)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.wait(self._start())

    async def _start(self) -> None:
        await self.runtime.start()
        self._runner = web.AppRunner(self._gateway.app(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

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

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> HttpAnswer:
        return request(self.port, method, path, body, headers)

    @property
    def workers(self) -> int:
        return len(self.runtime.workers)
