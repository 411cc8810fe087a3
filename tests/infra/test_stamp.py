"""The release stamp that `make build` writes: the same for the same release, another for any other."""

import re
import shutil
from pathlib import Path

import pytest

from infra.deployment.configuration import configuration
from infra.deployment.stamp import stamp
from tests.client import ROOT
from tests.infra.test_template import TEMPLATES

SAMCONFIG = ROOT / "samconfig.toml"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The templates, laid out as a build has them, before the stamp."""
    shutil.copy(ROOT / "template.yaml", tmp_path)
    for file in TEMPLATES[1:]:
        (tmp_path / file.stem).mkdir()
        shutil.copy(file, tmp_path / file.stem / "template.yaml")
    return tmp_path


def restored(folder: Path, release: str) -> None:
    for file in folder.rglob("template.yaml"):
        file.write_text(file.read_text().replace(release, "unstamped"))


def test_the_build_stamps_every_function_and_the_schema(built: Path) -> None:
    texts = [file.read_text() for file in (built / "template.yaml", *built.glob("*/template.yaml"))]
    places = re.findall(r"^\s*(?:RELEASE|Release): (.*)$", "\n".join(texts), re.MULTILINE)
    written = sum(file.read_text().count("unstamped") for file in TEMPLATES)
    assert len(places) == written
    [release] = set(places)
    assert re.fullmatch(r"dev-[0-9a-f]{16}", release)


def test_the_stamp_is_the_same_for_the_same_build(sources: Path) -> None:
    release = stamp(sources, configuration("staging", SAMCONFIG))
    assert release.startswith("staging-")
    restored(sources, release)
    assert stamp(sources, configuration("staging", SAMCONFIG)) == release


@pytest.mark.parametrize(
    "change",
    [
        ('parameter_overrides = "Stage=staging ', 'parameter_overrides = "Stage=staging LogLevel=DEBUG '),
        ("[staging.deploy.parameters]", '[staging.deploy.parameters]\ntags = "team=a"'),
        ("[staging.global.parameters]", '[staging.global.parameters]\ntags = "team=a"'),
    ],
    ids=["a-parameter", "a-tag", "a-tag-for-every-command"],
)
def test_what_samconfig_says_of_the_stage_is_in_the_stamp(
    sources: Path, tmp_path: Path, change: tuple[str, str]
) -> None:
    before = stamp(sources, configuration("staging", SAMCONFIG))
    restored(sources, before)
    changed = tmp_path / "samconfig.toml"
    assert change[0] in SAMCONFIG.read_text()
    changed.write_text(SAMCONFIG.read_text().replace(*change))
    assert stamp(sources, configuration("staging", changed)) != before


def test_a_template_is_in_the_stamp(sources: Path) -> None:
    """A concurrency, a tag: what renames a version must differ in what Lambda keeps of it."""
    before = stamp(sources, configuration("staging", SAMCONFIG))
    restored(sources, before)
    nested = sources / "roles/template.yaml"
    nested.write_text(nested.read_text() + "# other\n")
    assert stamp(sources, configuration("staging", SAMCONFIG)) != before


def test_an_unknown_stage_is_refused_in_words() -> None:
    with pytest.raises(
        SystemExit, match=r"has no \[nowhere\.deploy\.parameters\]; STAGE is one of default, "
    ):
        configuration("nowhere", SAMCONFIG)
