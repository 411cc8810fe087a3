"""`python -m infra.observability`: write infra/observability.yaml and the table in docs/operations.md."""

from pathlib import Path

from infra.observability.table import HEAD, table
from infra.observability.template import template
from infra.observability.watched import WATCHED

ROOT = Path(__file__).parent.parent.parent
TEMPLATE, DOCUMENT = ROOT / "infra/observability.yaml", ROOT / "docs/operations.md"


def document(text: str) -> str:
    """The document, with this table in the place of the one that it has."""
    before, _, rest = text.partition(HEAD[0])
    _, _, after = rest.partition("\n\n")
    return f"{before}{table(WATCHED)}\n\n{after}"


if __name__ == "__main__":
    TEMPLATE.write_text(template(WATCHED))
    DOCUMENT.write_text(document(DOCUMENT.read_text()))
