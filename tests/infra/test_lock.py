"""`make lock` knows every pinned version, and says what it raised."""

import re
from pathlib import Path

import pytest

from infra.tools.development import lock
from tests.support.client import ROOT


def test_every_pin_of_the_makefile_the_lock_and_the_clients_tools_is_known() -> None:
    makefile = (ROOT / "Makefile").read_text()
    written = set(re.findall(r"[\w.-]+==[\d.]+", makefile)) | {
        f"checkov=={v}" for v in re.findall(r"^CHECKOV := (.*)", makefile, re.MULTILINE)
    }
    pins = lock.pins()
    assert len(written) > 7
    assert {f"{name}=={version}" for (file, name), version in pins.items() if file == "Makefile"} == written
    locked = {name for file, name in pins if file == lock.LOCK}
    assert locked >= {"fastapi", "sqlalchemy", "mypy"} and len(locked) > 100
    assert ("infra/tools/clients/package.json", "typescript") in pins


def test_what_is_raised_added_and_gone_is_printed() -> None:
    before = {("a.lock", "same"): "1", ("a.lock", "raised"): "1.9", ("a.lock", "left"): "3"}
    after = {("a.lock", "same"): "1", ("a.lock", "raised"): "1.10", ("a.lock", "more"): "2"}
    assert [" ".join(line.split()) for line in lock.report(before, after)] == [
        "left 3 to gone in a.lock",
        "more new to 2 in a.lock",
        "raised 1.9 to 1.10 in a.lock",
    ]


def test_the_makefiles_lines_are_raised_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages of one line share an environment, so that one call chooses all of their versions."""
    (tmp_path / "Makefile").write_text("CHECKOV := 1.0\nA := x==1\nSOME_PACKAGES := one==1.0 two==2.0\n")
    asked = []

    def newest(*_: str, given: str) -> str:
        asked.append(given)
        return "".join(f"{name}==9.{len(name)}\nanother==7\n" for name in given.split())

    monkeypatch.setattr(lock, "ROOT", tmp_path)
    monkeypatch.setattr(lock, "compile_pins", newest)
    lock.raise_tools()
    assert (
        tmp_path / "Makefile"
    ).read_text() == "CHECKOV := 9.7\nA := x==1\nSOME_PACKAGES := one==9.3 two==9.3\n"
    assert asked == ["checkov", "one\ntwo"]
