"""`python -m infra.tools.scale`: writes the tables of docs/scale.md and docs/cost.md, and what needs them."""

import re

from infra.tools.scale.stages import ROOT
from infra.tools.scale.tables import filled, tables
from infra.tools.scale.values import ASSUMPTIONS, PRICES, load

IDLE = r"\$\d+ a month for `dev` and \$\d+ for `prod`"


def with_idle_cost(deploy: str, cost: str) -> str:
    """Returns the text of docs/deploy.md with the idle stages' cost of docs/cost.md."""
    [row] = re.findall(r"^\| \*\*a month\*\* \|.*$", cost, re.MULTILINE)
    dev, _, prod = re.findall(r"\*\*(\d+)\*\*", row)
    return re.sub(IDLE, f"${dev} a month for `dev` and ${prod} for `prod`", deploy)


if __name__ == "__main__":
    for name, made in tables(load(ASSUMPTIONS), load(PRICES)).items():
        document = ROOT / name
        document.write_text(filled(document.read_text(), made))
    deploy = ROOT / "docs/deploy.md"
    deploy.write_text(with_idle_cost(deploy.read_text(), (ROOT / "docs/cost.md").read_text()))
