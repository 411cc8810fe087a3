"""A new layer reaches the functions behind `live`, and old ones do not stay in the account."""

import re
from pathlib import Path

import pytest

from infra.emulator.template_yaml import of_type
from tests.infra.test_template import JOBS, TEMPLATES, Resources, translated

LAYERS = [
    (file, layer)
    for file in TEMPLATES
    if file != JOBS
    for layer in re.findall(r"^  (\w+Layer):\n", file.read_text(), re.MULTILINE)
]


@pytest.mark.parametrize(("file", "layer"), LAYERS, ids=lambda each: getattr(each, "name", each))
def test_a_changed_layer_publishes_every_function_that_has_it(file: Path, layer: str, tmp_path: Path) -> None:
    """Else the alias would go on serving the old code."""
    text = file.read_text()
    content = re.search(rf"  {layer}:\n.*?ContentUri: (\S+)", text, re.DOTALL)
    assert content is not None
    changed = tmp_path / file.name
    changed.write_text(text[: content.start(1)] + "elsewhere" + text[content.end(1) :])
    same = tmp_path / "same.yaml"
    same.write_text(text)

    def versions(template: Path) -> set[str]:
        resources = translated(template)
        users = {
            name
            for name, function in of_type(resources, "AWS::Lambda::Function")
            if any(each["Ref"].startswith(layer) for each in function.get("Layers", []))
        }
        published = dict(of_type(resources, "AWS::Lambda::Version"))
        behind = {name for name, each in published.items() if each["FunctionName"]["Ref"] in users}
        assert len(behind) == len(users) > 0
        return behind

    assert versions(changed).isdisjoint(versions(same))


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_layer_is_replaced_and_not_kept(file: Path) -> None:
    resources = translated(file)
    functions = dict(of_type(resources, "AWS::Lambda::Function"))
    layers = {name for name, _ in of_type(resources, "AWS::Lambda::LayerVersion")}
    for name, function in functions.items():
        assert {layer["Ref"] for layer in function.get("Layers", [])} <= layers, name
    assert kept_layers(resources) == set()


def kept_layers(resources: Resources) -> set[str]:
    """Layers of which every version would stay in the account; what SAM says if nothing else is said."""
    return {
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::Lambda::LayerVersion" and each.get("DeletionPolicy") != "Delete"
    }


@pytest.mark.parametrize("file", sorted({file for file, _ in LAYERS}), ids=lambda file: file.name)
def test_a_layer_that_would_be_kept_is_seen(file: Path, tmp_path: Path) -> None:
    changed = tmp_path / file.name
    changed.write_text(file.read_text().replace("      RetentionPolicy: Delete\n", "", 1))
    assert len(kept_layers(translated(changed))) == 1
