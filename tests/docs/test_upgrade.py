"""A fork, renamed and without a sample, with tables of its own, merges the upstream's next release."""

from pathlib import Path

from shared import __version__

import pytest

from tests.docs.test_new_domain import REMOVABLE, passes
from tests.support.project_copy import ProjectCopy

pytestmark = [
    pytest.mark.fork,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not REMOVABLE, reason="a fork without samples is no upstream"),
]
GONE = "".join(REMOVABLE[-1:])  # the domain that the fork removes
MODEL, COLUMN = "shared/models/users.py", "    is_active: Mapped[bool]"
MIGRATION = '''"""Users have a {name}."""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = "{before:04}"


def upgrade() -> None:
    op.add_column("users", sa.Column("{name}", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "{name}")
'''


def edit(copy: ProjectCopy, file: str, old: str, new: str) -> None:
    text = (copy.folder / file).read_text()
    assert old in text, f"{file} has no {old!r}"
    (copy.folder / file).write_text(text.replace(old, new, 1))


def add_column(copy: ProjectCopy, name: str) -> str:
    """A migration and its model. Returns the migration's file."""
    folder = copy.folder / "infra/deployed/migrations/versions"
    before = max(int(file.name[:4]) for file in folder.glob("0*.py"))
    file = folder / f"{before + 1:04}_{name}.py"
    file.write_text(MIGRATION.format(name=name, number=before + 1, before=before))
    edit(copy, MODEL, COLUMN, f"    {name}: Mapped[str | None]\n{COLUMN}")
    return file.name


def release(copy: ProjectCopy) -> None:
    """The upstream's next release changes what the fork renamed, removed and added to."""
    route = next((copy.folder / f"functions/{GONE}").glob("list_*.py")).relative_to(copy.folder)
    edit(copy, str(route), "\napp = ", "\n# changed in the next release\napp = ")
    add_column(copy, "colour")
    row, audience = "JwtAudience = ", "  JwtAudience:\n"
    colour = "  Colour:\n    Type: String\n    Default: red\n    Description: The colour of nothing\n"
    edit(copy, "infra/tools/development/settings.toml", row, f'Colour = "Changes nothing."\n{row}')
    edit(copy, "template.yaml", audience, f"{colour}{audience}")
    edit(copy, "pyproject.toml", '    "argon2-cffi', '    "annotated-doc>=0",\n    "argon2-cffi')
    edit(copy, "requirements.lock", "\nannotated-doc==", "\n# asked for by name now\nannotated-doc==")
    changes = "## [Unreleased]\n"
    edit(copy, "CHANGELOG.md", changes, f"{changes}\n## [9.9.9] - 2030-01-01\n\n- Users have a colour.\n")
    copy.run("sed -i 's/^version = .*/version = \"9.9.9\"/' pyproject.toml")
    copy.run("sed -i 's/^__version__ = .*/__version__ = \"9.9.9\"/' shared/__init__.py")
    copy.run("make docs")
    copy.commit("9.9.9")


@pytest.fixture
def fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectCopy:
    """Of an upstream with one release, which has its next one in reach. No package comes over the network."""
    upstream, server = ProjectCopy(tmp_path / "an upstream"), tmp_path / "a server.git"
    upstream.run(f"git tag v0.1.0 && git init --quiet --bare --initial-branch=main '{server}'")
    upstream.run(f"git push --quiet '{server}' main v0.1.0")
    monkeypatch.setenv("UV_OFFLINE", "1")
    copy = ProjectCopy(tmp_path / "a fork", origin=server)
    copy.run(f"git remote add upstream '{server}' && git config user.name t && git config user.email t@t")
    release(upstream)
    upstream.run(f"git tag v9.9.9 && git push --quiet '{server}' main v9.9.9")
    return copy


def test_a_renamed_fork_without_a_sample_takes_the_next_release(fork: ProjectCopy) -> None:
    fork.run("make rename NAME=acme-api")
    passes(fork)
    fork.run(f"make remove DOMAIN={GONE} YES=1")
    own = add_column(fork, "size")
    edit(fork, "CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- Ours.\n")
    fork.run("make docs")
    fork.commit("Our API")
    passes(fork)

    said = fork.run("make -s upstream")
    assert "conflict " not in said
    assert f"versions/{int(own[:4]) + 1:04}_colour.py: a new migration\n" in said
    files = fork.changes()
    assert f"/{GONE}/" not in files and "U" not in {line[0] for line in files.splitlines()}
    text = (fork.folder / MODEL).read_text()
    assert f"    size: Mapped[str | None]\n    colour: Mapped[str | None]\n{COLUMN}" in text
    assert "- Ours.\n" in (fork.folder / "CHANGELOG.md").read_text()
    assert 'forms("acme-api")' in (fork.folder / "shared/runtime/product.py").read_text()
    assert f'version = "{__version__}"' in (fork.folder / "pyproject.toml").read_text()
    passes(fork)
    fork.commit("Merge the next release")
    assert "this project has the upstream's newest release, v9.9.9" in fork.run("make -s upstream")
