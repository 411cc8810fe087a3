"""Puts tests/sample into a database, or into a copy of the project as a domain that its stacks serve."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.deployed.migrations import owner_engine
from infra.deployed.migrations.bootstrap import MIGRATION_ROLE
from infra.tools.development.frozen_domain import FOLDER, ROUTES, TEMPLATE, as_domain, with_blocks
from tests.sample.models import SampleBase
from tests.support.client import ROOT, SAMPLE_ROUTES

NOT_SERVED = {"models", "samples", "bulk_rows"}
VERSIONS = "infra/deployed/migrations/versions"
MIGRATION = '''"""The sample's tables."""

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("""{statements}""")


def downgrade() -> None:
    op.execute("DROP TABLE {tables}")
'''


def create_tables(owner_url: str) -> None:
    """Creates the sample's tables in addition to those that migrations made."""
    with owner_engine(owner_url).begin() as db:
        db.execute(text(f"SET LOCAL ROLE {MIGRATION_ROLE}"))
        SampleBase.metadata.create_all(db)


def install(project: Path) -> None:
    """Adds functions/sample, its models, blocks, rows (where the copy has a table) and a migration."""
    modules = {file.stem: as_domain(file.read_text(), "sample") for file in (ROOT / FOLDER).glob("*.py")}
    (project / "functions/sample").mkdir()
    for name, source in modules.items():
        if name not in NOT_SERVED:
            (project / f"functions/sample/{name}.py").write_text(source)
    (project / "shared/models/sample.py").write_text(modules["models"])
    template = project / TEMPLATE
    template.write_text(with_blocks(template.read_text(), "Sample", SAMPLE_ROUTES, "sample"))
    if (table := project / ROUTES).exists():
        rows = (ROOT / FOLDER / "routes.csv").read_text().partition("\n")[2]
        table.write_text(table.read_text() + rows)
    before = max(file.name for file in (project / VERSIONS).glob("0*.py"))[:4]
    number, tables = f"{int(before) + 1:04}", SampleBase.metadata.sorted_tables
    elements = [CreateTable(table) for table in tables]
    elements += [CreateIndex(index) for table in tables for index in table.indexes]
    migration = MIGRATION.format(
        number=number,
        before=before,
        statements=";".join(str(each.compile(dialect=postgresql.dialect())) for each in elements),
        tables=", ".join(table.name for table in tables),
    )
    (project / VERSIONS / f"{number}_sample.py").write_text(migration)
