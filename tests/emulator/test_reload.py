"""A running emulator takes up edits of its own project."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.emulator.test_front_door import Served, served

FUNCTION = """
  {name}Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: {folder}
      Events: {{E: {{Type: HttpApi, Properties: {{Path: /{folder}, Method: get}}}}}}
"""
PATIENCE = 30  # seconds


def add(project: Path, name: str, *, with_code: bool = True) -> None:
    template = project / "template.yaml"
    text = template.read_text() if template.exists() else "Resources:\n"
    if with_code:
        write_code(project, name, "1")
    template.write_text(text + FUNCTION.format(name=name, folder=name.lower()))


def write_code(project: Path, name: str, answer: str) -> None:
    (project / name.lower()).mkdir(exist_ok=True)
    code = f"def handler(event, context): return {{'statusCode': 200, 'body': '{answer}'}}"
    (project / name.lower() / "app.py").write_text(code)


def eventually(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_edits_are_served(tmp_path: Path) -> None:
    add(tmp_path, "First")
    add(tmp_path, "Missing", with_code=False)
    with served(tmp_path / "template.yaml") as api:
        lines = lines_of(api)
        assert api.left_out == [
            f"MissingFunction: its code folder {tmp_path}/missing does not exist; its calls fail"
        ]
        assert (api.answer("GET", "/first"), api.answer("GET", "/missing")[0]) == ((200, "1"), 500)

        write_code(tmp_path, "First", "22")
        eventually(lambda: api.answer("GET", "/first") == (200, "22"))

        add(tmp_path, "Second")
        eventually(lambda: api.answer("GET", "/second") == (200, "1"))
        write_code(tmp_path, "Second", "22")
        eventually(lambda: api.answer("GET", "/second") == (200, "22"))

        whole = (tmp_path / "template.yaml").read_text()
        (tmp_path / "template.yaml").write_text(whole.replace("Type: AWS", "Tpye: AWS"))
        refused = "the old template stays in use: template.yaml: the resource FirstFunction has no Type"
        eventually(lambda: refused in lines)
        assert api.answer("GET", "/second") == (200, "22")
        write_code(tmp_path, "Second", "333")
        eventually(lambda: api.answer("GET", "/second") == (200, "333"))


def lines_of(api: Served) -> list[str]:
    """The lines that it prints from now on."""
    lines: list[str] = []

    def read() -> None:
        lines.extend(line.rstrip() for line in api.output)

    threading.Thread(target=read, daemon=True).start()
    return lines
