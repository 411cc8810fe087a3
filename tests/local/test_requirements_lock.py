"""The locked packages can be installed on each of the systems that people work on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.client import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    "platform", ["x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin"]
)
def test_there_is_a_wheel_of_each_package(platform: str, tmp_path: Path) -> None:
    """On macOS the runtime client alone comes as a source."""
    source = ["--no-binary", "awslambdaric"] if "darwin" in platform else []
    target = ("--target", tmp_path, "--python", sys.executable, "--python-platform", platform)
    wheels = ("--only-binary", ":all:", *source)
    locked = ("--no-deps", "--require-hashes", "-r", "requirements.lock")
    found = subprocess.run(
        ["uv", "pip", "install", "--dry-run", "--quiet", *target, *wheels, *locked],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{ROOT / '.uv/bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
