"""`python -m infra.tools.development.architecture_picture`: draws docs/architecture.svg.

Graphviz comes as WebAssembly with the clients' tools (.clients), so no machine needs it installed. A
stylesheet sets the colours, so one file fits light and dark pages. The picture contains the digest of its
source, which a test compares.
"""

import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "docs/architecture.dot"
DRAW = """
import { readFileSync } from "node:fs";
import { Graphviz } from "@hpcc-js/wasm-graphviz";
console.log((await Graphviz.load()).dot(readFileSync(0, "utf8")));
"""
STYLE = """
<style>
  text { fill: #1f2328; font-family: system-ui, Helvetica, Arial, sans-serif; }
  .node path, .node polygon { fill: #eaf2fd; stroke: #3b74c4; }
  .store path { fill: #e6f4ea; stroke: #34824b; }
  .outside path { fill: #f4f4f5; stroke: #71717a; }
  .cluster polygon, .cluster path { fill: none; stroke: #a1a1aa; stroke-dasharray: 4 3; }
  .edge path { stroke: #71717a; } .edge polygon { fill: #71717a; stroke: #71717a; }
  .edge text { fill: #57606a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .edge text { fill: #adbac7; }
    .node path, .node polygon { fill: #14243b; stroke: #6ea8fe; }
    .store path { fill: #12291a; stroke: #57ab5a; }
    .outside path { fill: #27272a; stroke: #a1a1aa; }
  }
</style>
"""


def digest(source: str) -> str:
    return hashlib.sha256((source + STYLE).encode()).hexdigest()[:16]


def drawn(source: str) -> str:
    node = ["node", "--input-type=module", "--eval", DRAW]
    ran = subprocess.run(
        node, cwd=ROOT / ".clients", input=source, capture_output=True, text=True, check=True
    )
    svg = ran.stdout[ran.stdout.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\n|<title>.*?</title>\n", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:fill|stroke|font-family)="(?!none|transparent)[^"]*"', "", svg)
    head, rest = svg.split(">\n", 1)
    return f"<!-- drawn from {digest(source)} -->\n{head}>{STYLE}{rest}"


if __name__ == "__main__":
    SOURCE.with_suffix(".svg").write_text(drawn(SOURCE.read_text()))
