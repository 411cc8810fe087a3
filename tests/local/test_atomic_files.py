"""Keys and passwords are there whole or not at all, however the process that writes them ends."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infra.local.atomic_files import write_private
from infra.local.keys import ensure_key
from tests.support.client import ROOT

NO_SPACE = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))"  # the write ends at 10 bytes
)


def crash_while(act: str, file: Path) -> None:
    code = f"import sys, pathlib; file = pathlib.Path(sys.argv[1]); {NO_SPACE}; {act}"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "File too large" in ended.stderr


def test_a_crash_while_the_key_is_written_leaves_no_key(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    crash_while("from infra.local.keys import ensure_key; ensure_key(file)", file)
    assert list(tmp_path.iterdir()) == []
    ensure_key(file)
    assert load_pem_private_key(file.read_bytes(), None)
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.touch()
    ensure_key(file)
    assert load_pem_private_key(file.read_bytes(), None)


def test_a_crash_while_a_password_is_written_leaves_none(tmp_path: Path) -> None:
    crash_while("from infra.local.postgres import _password; _password(file)", tmp_path / "owner-password")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"new", b""])
def test_what_was_there_is_replaced_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "stack.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, content)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (content, 0o600)
    crash_while(
        "from infra.local.atomic_files import write_private; write_private(file, b'longer than ten')", file
    )
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("stack.json", content)]
