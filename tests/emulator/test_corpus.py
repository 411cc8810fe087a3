"""Templates in the forms that people write, each with what the emulator serves or says of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.emulator.command_error import CommandError
from infra.emulator.template import load

CORPUS = Path(__file__).parent / "corpus"
FUNCTION = """
{sections}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: code
{properties}
      Environment:
        Variables:
          X: {value}
      Events:
{events}
{resources}
"""
EVENT = "E: {Type: HttpApi, Properties: {Path: /, Method: get}}"


class Loader(yaml.SafeLoader):
    """Reads `!Text "..."` as text that is YAML in the template."""


Loader.add_constructor("!Text", lambda loader, node: loader.construct_scalar(node))
# Values reach the template as they are written here.
for tag in ("bool", "int", "float", "timestamp"):
    Loader.add_constructor(f"tag:yaml.org,2002:{tag}", yaml.SafeLoader.construct_yaml_str)


def cases(name: str) -> list[dict[str, Any]]:
    return yaml.load((CORPUS / name).read_text(), Loader)


def indented(text: str, depth: int) -> str:
    return "\n".join(" " * depth + line for line in text.splitlines())


def template_of(case: dict[str, Any]) -> str:
    if "template" in case:
        return case["template"]
    value = case.get("value", "a")
    return FUNCTION.format(
        sections=case.get("sections", ""),
        properties=indented(case.get("properties", ""), 6),
        value=f"\n{indented(value, 12)}" if value.startswith("Fn::") else value,
        events=indented(case.get("events", EVENT), 8),
        resources=indented(case.get("resources", ""), 2),
    )


def attribute(holder: Any, path: str) -> Any:
    for part in path.split("."):
        holder = (
            holder[part]
            if isinstance(holder, dict)
            else holder[int(part)]
            if isinstance(holder, list)
            else getattr(holder, part)
        )
    return holder


def written(value: Any, folder: Path) -> Any:
    """In the form that the corpus has: text, and paths relative to the template."""
    match value:
        case Path():
            return str(value.relative_to(folder))
        case dict():
            return {name: written(each, folder) for name, each in value.items()}
        case list() | tuple():
            return [written(each, folder) for each in value]
    return str(value)


ALL = [(file.stem, case) for file in sorted(CORPUS.iterdir()) for case in cases(file.name)]


@pytest.mark.parametrize(("_", "case"), ALL, ids=[f"{group}: {case['name']}" for group, case in ALL])
def test_a_template_is_served_as_stated(_: str, case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    file = tmp_path / "template.yaml"
    file.write_text(template_of(case))
    for name, text in case.get("files", {}).items():
        (tmp_path / name).write_text(text)
    given = case.get("issuer", ""), case.get("env", {}), case.get("set", {}), case.get("choose")
    if "error" in case:
        with pytest.raises(CommandError) as refused:
            load(file, *given, one_origin=False)
        assert str(refused.value).startswith(case["error"])
        return
    template = load(file, *given, one_origin=False)
    expected = [sentence.replace("FOLDER", str(tmp_path)) for sentence in case.get("left_out", [])]
    assert [str(each) for each in template.left_out] == expected
    function = template.functions["F"]
    if "routes" in case:
        assert [route.key for route in template.routes] == case["routes"]
    if "template" not in case or "x" in case:
        default = None if case.get("value", "a") != "a" else "a"
        assert function.environment.get("X") == case.get("x", default)
    for path, value in case.get("function", {}).items():
        assert written(attribute(function, path), tmp_path) == value
    for path, value in case.get("api", {}).items():
        assert written(attribute(template, path), tmp_path) == value


def test_the_corpus_is_not_left_out() -> None:
    assert len(ALL) >= 60
