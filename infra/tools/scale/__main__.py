"""`python -m infra.tools.scale`: writes the tables of docs/scale-and-cost.md, and what needs them."""

import re

from infra.tools.scale.stages import ROOT
from infra.tools.scale.tables import filled, tables
from infra.tools.scale.values import ASSUMPTIONS, PRICES, load

PAGE, DEPLOY = ROOT / "docs/scale-and-cost.md", ROOT / "docs/deploy.md"
IDLE = r"\$\d+ a month for `dev` and \$\d+ for `prod`"


def with_idle_cost(deploy: str, page: str) -> str:
    """Returns the text of docs/deploy.md with the idle stages' cost of docs/scale-and-cost.md."""
    row = re.findall(r"^\| \*\*a month\*\* \|.*$", page, re.MULTILINE)[0]
    dev, _, prod = re.findall(r"\*\*(\d+)\*\*", row)
    return re.sub(IDLE, f"${dev} a month for `dev` and ${prod} for `prod`", deploy)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(), tables(load(ASSUMPTIONS), load(PRICES))))
    DEPLOY.write_text(with_idle_cost(DEPLOY.read_text(), PAGE.read_text()))
