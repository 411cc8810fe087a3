"""`make remove` in a copy of the project: what it shows, what it refuses, what it leaves of the tables."""

from pathlib import Path

import pytest

from tests.support.project_copy import ProjectCopy
from tests.support.sample_domain import install


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A project with the sample domain, and with one whose rows refer to its rows."""
    copy = ProjectCopy(tmp_path_factory.mktemp("remove") / "a copy")
    install(copy.folder)
    copy.run("make -s new DOMAIN=stickers LIKE=child PARENT=locker")
    copy.run("git add --all && git -c user.name=t -c user.email=t@t commit -qm sample")
    return copy


@pytest.fixture
def copy(made: ProjectCopy) -> ProjectCopy:
    made.run("git reset -q --hard && git clean -qfd -e .venv -e .ministack")
    return made


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "error: name a domain with DOMAIN=...: "),
        ("DOMAIN=nothing", "error: no domain is called 'nothing'; there are "),
        ("DOMAIN=stickers DROP=soon", "error: DROP is 'soon'; it should be now, or absent"),
        ("DOMAIN=accounts", "error: accounts stays: "),
        ("DOMAIN=sample", "error: stickers needs sample (functions/stickers/create_sticker.py imports "),
    ],
)
def test_what_stays_is_refused_with_the_reason(copy: ProjectCopy, typed: str, said: str) -> None:
    ended = copy.try_to(f"make -s remove {typed} YES=1")
    assert ended.returncode != 0 and ended.stderr.startswith(said), ended.stderr
    assert copy.changes() == ""


def test_it_shows_what_goes_and_asks(copy: ProjectCopy) -> None:
    ended = copy.try_to("echo no | make -s remove DOMAIN=stickers")
    assert "removes   functions/stickers/\n" in ended.stdout
    assert "changes   template.yaml\n" in ended.stdout
    assert "abandons  the table stickers\n" in ended.stdout
    assert ended.returncode != 0 and "nothing was removed" in ended.stderr
    assert copy.changes() == ""


def test_bare_takes_no_domain_of_a_forks_own(copy: ProjectCopy) -> None:
    ended = copy.try_to("make -s bare < /dev/null")
    assert "functions/stickers/" not in ended.stdout and "Traceback" not in ended.stderr
    assert ended.stderr.startswith(("nothing was removed: type yes, or set YES=1", "there is no sample"))
    assert copy.changes() == ""


@pytest.mark.fork
def test_what_was_added_goes_without_a_trace_but_for_its_tables(copy: ProjectCopy) -> None:
    copy.run("make -s remove DOMAIN='stickers sample' YES=1")
    places = "template.yaml infra/stacks infra/tools/monitoring docs README.md functions shared"
    assert copy.run(f"git grep -lE 'sticker|Gadget|/lockers' -- {places} || true") == ""
    abandoned = (copy.folder / "infra/domains/abandoned_tables.txt").read_text().split()
    assert set(abandoned) == {"stickers", "gadgets", "lockers", "parcels", "labels"}


@pytest.mark.slow
def test_clients_of_the_last_release_are_told(copy: ProjectCopy) -> None:
    copy.run("make -s docs && git add --all")
    copy.commit("a release")
    copy.run("git tag v0.0.1")
    said = copy.run("make -s remove DOMAIN=stickers YES=1")
    assert "changes   CHANGELOG.md\n" in said
    changelog = (copy.folder / "CHANGELOG.md").read_text()
    assert "`create_sticker`, `delete_sticker`, `get_sticker`" in changelog
    copy.run(".venv/bin/python -m infra.tools.openapi.changes")
    copy.run("git tag -d v0.0.1 && git reset -q --hard HEAD~")


@pytest.mark.fork
def test_an_example_goes_with_its_domain_and_so_does_its_command(copy: ProjectCopy) -> None:
    folder = copy.folder / "docs/examples/stickers"
    folder.mkdir(parents=True)
    (folder / "Makefile").write_text("stick: ## a page with stickers\n\t@echo it sticks\n")
    with (copy.folder / "infra/domains/stickers.py").open("a") as module:
        module.write('\nEXAMPLE = "docs/examples/stickers/"\n')
    assert copy.run("make -s stick") == "it sticks\n" and "make stick " in copy.run("make -s help")
    assert "removes   docs/examples/stickers/\n" in copy.run("make -s remove DOMAIN=stickers YES=1")
    assert not folder.exists()
    assert "make stick " not in copy.run("make -s help")


@pytest.mark.fork
def test_abandoned_tables_are_dropped_by_a_later_revision_alone(copy: ProjectCopy) -> None:
    copy.run("make -s remove DOMAIN='stickers sample' YES=1")
    (copy.folder / "infra/domains/abandoned_tables.txt").write_text("gadgets\nlockers\nparcels\nlabels\n")
    agree = "the models and the migrations agree: there is nothing to write"
    assert agree in copy.run('make -s revision MESSAGE="nothing"')
    said = copy.run('make -s revision MESSAGE="drop them" DROP=abandoned')
    assert "mend " not in said
    [file] = Path(copy.folder / "infra/deployed/migrations/versions").glob("*_drop_them.py")
    text = file.read_text()
    assert text.index('op.drop_table("parcels")') < text.index('op.drop_table("lockers")')
    assert not (copy.folder / "infra/domains/abandoned_tables.txt").exists()
