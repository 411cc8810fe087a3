"""`make rehearse`: deploys the project into ministack by `make deploy`, and serves it until Ctrl-C."""

import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.deploy.running import running_cloud


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder)) as cloud:
        cloud.parameters["Cache"] = "none"  # there is no server to play Valkey
        print("deploying   a copy of the project, with what is not committed, into ministack", flush=True)
        deployed, said = cloud.try_deploy()
        if not deployed:
            sys.exit(f"{said}\nerror: the deployment failed")
        url, token = cloud.outputs()["ApiUrl"], cloud.sign_in("demo")
        print(f"ready {url}")
        print(f"curl -H 'Authorization: Bearer {token}' '{url}/api/v1/users/me'", flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        with suppress(KeyboardInterrupt):
            main()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:  # a server's package, by its name
        sys.exit(f"error: {missing}")
