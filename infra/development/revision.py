"""`python -m infra.development.revision MESSAGE`: a migration from what the models say and none makes.

Compared with a Postgres of its own, at the newest revision: no other database matters.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import Script

from infra.local.postgres import cluster
from infra.migrations import config, newest, upgrade
from infra.migrations.bootstrap import create_roles


def write_revision(message: str) -> Path:
    with TemporaryDirectory() as folder, cluster(Path(folder)) as postgres:
        create_roles(postgres.owner_url)
        upgrade(postgres.owner_url)
        number = f"{int(newest()) + 1:04}"
        written = command.revision(config(postgres.owner_url), message, autogenerate=True, rev_id=number)
    assert isinstance(written, Script)
    return Path(written.path)


if __name__ == "__main__":
    if not sys.argv[1]:
        sys.exit('error: say what it does: make revision MESSAGE="notes"')
    file = write_revision(sys.argv[1])
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix-only", file], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", file], check=True)
    print(f"wrote {file.relative_to(Path.cwd())}: read it")
