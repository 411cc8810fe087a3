"""`python -m infra.tools.openapi.changes`: lists changes that break clients, for CHANGELOG.md to name.

The last release is the newest tag in this commit's history, without what was merged: an upstream's tags are
releases of another API. Exits with 1 if a broken operation is not named under "Unreleased".
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.tools.openapi.breaking import Documents

DOCUMENT, CHANGELOG = "docs/openapi.json", "CHANGELOG.md"


def main() -> None:
    if (last := last_release()) is None:
        print("no release has an API document yet: nothing to compare with")
        return
    release, old = last
    new = json.loads(Path(DOCUMENT).read_text())
    breaking = list(Documents(old, new).breaking())
    print(f"{len(breaking)} changes break clients of {release}")
    told = _unreleased()
    untold = [each for each in breaking if not re.search(rf"\b{each.partition(':')[0]}\b", told)]
    for each in breaking:
        print(f"  {each}")
    if untold:
        names = sorted({each.partition(":")[0] for each in untold})
        sys.exit(
            f'error: {CHANGELOG} does not name {", ".join(names)} under "Unreleased": tell clients what to do'
        )


def last_release() -> tuple[str, dict[str, Any]] | None:
    """Returns the tag of the last release and its API document."""
    release = _git("describe", "--tags", "--abbrev=0", "--first-parent")
    document = release and _git("show", f"{release}:{DOCUMENT}")
    return (release, json.loads(document)) if release and document else None


def _unreleased() -> str:
    file = Path(CHANGELOG)
    text = file.read_text() if file.exists() else ""
    found = re.search(r"^## \[?Unreleased\]?.*?$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _git(*arguments: str) -> str | None:
    """Returns git's output, None if it fails."""
    ran = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


if __name__ == "__main__":
    main()
