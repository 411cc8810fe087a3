"""`python -m infra.tools.scale`: writes the tables of docs/scale.md and docs/cost.md."""

from infra.tools.scale.stages import ROOT
from infra.tools.scale.tables import filled, tables
from infra.tools.scale.values import ASSUMPTIONS, PRICES, load

if __name__ == "__main__":
    for name, made in tables(load(ASSUMPTIONS), load(PRICES)).items():
        document = ROOT / name
        document.write_text(filled(document.read_text(), made))
