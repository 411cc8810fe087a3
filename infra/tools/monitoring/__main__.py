"""`python -m infra.tools.monitoring`: writes infra/stacks/observability.yaml and the alarms' table."""

from pathlib import Path

from infra.tools.monitoring.alarms import ALARMS
from infra.tools.monitoring.table import HEAD, table
from infra.tools.monitoring.template import template

ROOT = Path(__file__).parents[3]
TEMPLATE, DOCUMENT = ROOT / "infra/stacks/observability.yaml", ROOT / "docs/monitoring.md"


def document(text: str) -> str:
    """Returns the document with its table replaced by this one."""
    before, _, rest = text.partition(HEAD[0])
    _, _, after = rest.partition("\n\n")
    return f"{before}{table(ALARMS)}\n\n{after}"


if __name__ == "__main__":
    TEMPLATE.write_text(template(ALARMS))
    DOCUMENT.write_text(document(DOCUMENT.read_text()))
