"""The release stamp that `make build` writes: the same for the same release, another for any other."""

import re
import shutil
from pathlib import Path

import pytest

from infra.deployed.migrations import newest
from infra.emulator.template_yaml import parse
from infra.tools.deployment.samconfig import configuration
from infra.tools.deployment.stamp import stamp
from tests.infra.test_template import TEMPLATES
from tests.support.client import ROOT

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


@pytest.mark.artifact
def test_the_build_stamps_every_function_and_the_schema(built: Path) -> None:
    texts = [file.read_text() for file in (built / "template.yaml", *built.glob("*/template.yaml"))]
    [release] = set(re.findall(r"^\s*(?:RELEASE|Release): (.*)$", "\n".join(texts), re.MULTILINE))
    assert re.fullmatch(r"dev-[0-9a-f]{16}", release)
    assert not [text for text in texts if "unstamped" in text]


def revision(template: Path) -> str:
    number: str = parse(template)["Resources"]["Schema"]["Properties"]["Revision"]
    return number


@pytest.mark.artifact
def test_the_build_names_the_newest_migration(built: Path) -> None:
    [template] = [file for file in built.glob("*/template.yaml") if "Custom::Schema" in file.read_text()]
    assert revision(template) == newest()


def test_a_later_migration_is_in_the_stamp(
    sources: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def released(number: str) -> str:
        folder = shutil.copytree(sources, tmp_path_factory.mktemp("build"), dirs_exist_ok=True)
        monkeypatch.setattr("infra.tools.deployment.stamp.newest", lambda: number)
        release = stamp(folder, configuration("staging", SAMCONFIG))
        assert revision(folder / "migration/template.yaml") == number
        return release

    assert released("0001") != released("0002")


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


@pytest.mark.parametrize(("protection", "policy"), [("true", "Snapshot"), ("false", "Delete")])
def test_a_database_that_is_protected_leaves_a_snapshot_and_another_leaves_nothing(
    sources: Path, tmp_path: Path, protection: str, policy: str
) -> None:
    """A policy takes no parameter, so the build writes it; what is built without it leaves a snapshot."""
    stages = tmp_path / "samconfig.toml"
    stages.write_text(
        SAMCONFIG.read_text().replace("Stage=staging", f"Stage=staging DeletionProtection={protection}")
    )
    stamp(sources, configuration("staging", stages))
    cluster = parse(sources / "database/template.yaml")["Resources"]["Cluster"]
    assert (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"]) == (policy, "Snapshot")
