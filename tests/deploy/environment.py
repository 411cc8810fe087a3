"""The environment in which an operator types `make deploy`."""

import os
from pathlib import Path

from tests.support.artifact import HOST_ARCHITECTURE

REGION = "eu-north-1"  # of the operator's choice


def clean_environment() -> dict[str, str]:
    """This process's, without what belongs to the tests, to another make or to another AWS account."""
    ours = ("DATABASE_URL", "JWT_ISSUER", "JWT_AUDIENCE", "STAGE", "BUILD_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("AWS_", "MAKE", "MFLAGS"))
    }


def operator(folder: Path, port: int) -> dict[str, str]:
    """An operator's environment: the account and the region are a profile's."""
    (folder / "config").write_text(f"[profile operator]\nregion = {REGION}\n")
    keys = "aws_access_key_id = test\naws_secret_access_key = test\n"
    (folder / "credentials").write_text(f"[operator]\n{keys}")
    return clean_environment() | {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_PROFILE": "operator",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "ARCHITECTURE": HOST_ARCHITECTURE,
        "SAM_CLI_POLL_DELAY": "1",
    }
