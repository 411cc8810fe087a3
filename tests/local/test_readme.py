"""The README's blocks with `curl -X`, typed as they stand there.

`TOKEN=$(make -s token)` and `make admin USER=alice` are parts of them.
"""

import os
import re
import subprocess

import pytest

from tests.docs.pages import INDENTED
from tests.local.conftest import Stack
from tests.support.client import ROOT

BLOCKS = INDENTED.findall((ROOT / "README.md").read_text())
TYPED = [block for block in BLOCKS if re.search("^    curl -X", block, re.MULTILINE)]
CASES = list(zip(TYPED, ['"name":"Pen"', '"access_token":"'], strict=True))


@pytest.mark.parametrize(("block", "answer"), CASES, ids=["profile", "sign-in"])
def test_it_works(stack: Stack, block: str, answer: str) -> None:
    typed = subprocess.run(
        ["bash", "-ec", block.replace("http://127.0.0.1:3000", stack.origin)],
        cwd=ROOT,
        env=os.environ | {"PORT": str(stack.port), "DATA_DIR": str(stack.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed.returncode == 0, typed.stderr
    assert answer in typed.stdout
    assert '"success":false' not in typed.stdout
