"""A reference to nothing is one sentence, before anything is built or served."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.emulator.command_error import CommandError
from infra.emulator.template import load
from infra.tools.deployment.build import check_references
from tests.support.client import ROOT

WRONG = {
    "DatabaseRole: !GetAtt Roles.Outputs.DatabaseRole": None,
    "Name: !Ref Stagee": "!Ref Stagee",
    "Name: !Ref Nothing": "!Ref Nothing",
    "Name: !GetAtt Nothing.Arn": "!GetAtt Nothing.Arn",
    "Name: !Sub 'a-${Nothing.Arn}'": "${Nothing.Arn}",
    "Name: !Sub ['${a}-${Nothing}', {a: 1}]": "${Nothing}",
}


def template(folder: Path, line: str) -> Path:
    file = folder / "template.yaml"
    file.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Parameters: {Stage: {Type: String, Default: dev}}\n"
        "Resources:\n"
        "  Roles: {Type: AWS::SNS::Topic}\n"
        f"  Topic: {{Type: AWS::SNS::Topic, Properties: {{{line}}}}}\n"
    )
    return file


@pytest.mark.parametrize(("line", "said"), WRONG.items())
def test_a_reference_to_nothing_is_said_by_both_commands(tmp_path: Path, line: str, said: str | None) -> None:
    file = template(tmp_path, line)
    if said is None:
        check_references(file)
        return
    sentence = (
        f"template.yaml: Resources.Topic has {said}, and no parameter or resource has that name:"
        " correct it or declare it"
    )
    for command in (lambda: check_references(file), lambda: load(file, "http://issuer", {}, {})):
        with pytest.raises(CommandError) as raised:
            command()
        assert str(raised.value) == sentence


def test_the_build_stops_with_one_line(tmp_path: Path) -> None:
    template(tmp_path, "Name: !Ref X")
    command = [
        sys.executable,
        "-m",
        "infra.tools.deployment.build",
        str(tmp_path / "built"),
        "x86_64",
        "default",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: template.yaml: Resources.Topic has !Ref X")
    assert len(ended.stderr.splitlines()) == 1


def test_our_own_templates_have_none() -> None:
    check_references(ROOT / "template.yaml")
