"""`python -m infra.local.sam_local`: runs the built template under `sam local start-api`, in Docker.

`sam local` knows no JWT authorizer, so the functions verify tokens themselves. The local stack provides
database and issuer, which containers reach through Docker's bridge.
"""

import asyncio
import json
import os
import shlex
import shutil
import sys
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network

from infra.emulator.command_error import CommandError
from infra.local.atomic_files import write_private
from infra.local.command import run, step
from infra.local.config import read_config
from infra.local.postgres import free_port
from infra.local.stack import function_environment, running, show_ready, stop_signal


async def main() -> None:
    config = read_config()
    if config.build_dir is None:
        raise CommandError("sam local serves a build: run make sam-local")
    bridge = await _docker_bridge()
    behind = replace(config, host=str(bridge.ip), port=free_port())
    stop = stop_signal()
    async with running(behind, bridge) as stack:
        database_url = stack.database_url.replace("@127.0.0.1:", f"@{bridge.ip}:")
        environment = function_environment(database_url, stack.issuer.url)
        variables = config.data_dir / "sam-local.json"
        write_private(variables, json.dumps({"Parameters": environment}).encode())
        step("sam local", "containers start at a function's first call")
        sam = await asyncio.create_subprocess_exec(
            *(str(shutil.which("sam")), "local", "start-api", "--template", str(config.template_file)),
            *("--host", config.host, "--port", str(config.port), "--env-vars", str(variables)),
            *("--parameter-overrides", f"Architecture={os.environ['ARCHITECTURE']}"),
            *("--warm-containers", "LAZY", *shlex.split(os.environ.get("SAM_LOCAL_OPTIONS", ""))),
            start_new_session=True,
        )
        ended = asyncio.create_task(sam.wait())
        while not (ended.done() or stop.is_set() or await _answers(config.host, config.port)):
            await asyncio.sleep(0.1)
        if not (ended.done() or stop.is_set()):
            show_ready(config.origin, stack)
        await asyncio.wait([ended, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            sam.terminate()
        if await ended not in (0, -15):
            raise CommandError("sam local start-api has ended, see above")


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def _require_docker() -> None:
    await _docker_bridge()


async def _docker_bridge() -> IPv4Interface:
    form = "{{json (index .IPAM.Config 0)}}"
    try:
        asked = await asyncio.create_subprocess_exec(
            *("docker", "network", "inspect", "bridge", "--format", form),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise CommandError("Docker is missing: install it, or use make run without it") from None
    answer, _ = await asked.communicate()
    if asked.returncode != 0:
        raise CommandError("the Docker daemon does not answer: start it, or use make run without it")
    config = json.loads(answer)
    network = IPv4Network(config["Subnet"])
    return IPv4Interface(f"{config.get('Gateway') or network[1]}/{network.prefixlen}")


if sys.argv[1:] == ["docker"]:  # before anything is built
    run(lambda: asyncio.run(_require_docker()))
else:
    run(lambda: asyncio.run(main()))
