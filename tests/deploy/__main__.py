"""`make rehearse`: deploys the project into ministack by `make deploy`, and serves it until Ctrl-C."""

import signal
import sys
import tempfile
from pathlib import Path

from tests.deploy.running import running_cloud


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder)) as cloud:
        print("deploying   a copy of the project, with what is not committed, into ministack", flush=True)
        deployed, said = cloud.try_deploy()
        if not deployed:
            sys.exit(f"{said}\nerror: the deployment failed")
        url = cloud.outputs()["ApiUrl"]
        print(f"ready {url}")
        token = cloud.sign_in("demo")
        print(f"curl -H 'Authorization: Bearer {token}' '{url}/api/v1/users/me'", flush=True)
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.pause()


if __name__ == "__main__":
    main()
