"""With `DATABASE_ONE_FLUSH=false` the API is the same, on the driver's own connection."""

import os
import subprocess
import sys

import pytest

from tests.support.client import ROOT

TESTS = "tests/accounts"  # which reach the database in this process


@pytest.mark.sweep
@pytest.mark.timeout(1200)
def test_every_test_of_the_routes_passes() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, TESTS],
        cwd=ROOT,
        env=os.environ | {"DATABASE_ONE_FLUSH": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
