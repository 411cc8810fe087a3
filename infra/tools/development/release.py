"""`python -m infra.tools.development.release`: tags this commit with its version and publishes it.

The notes are the version's section of CHANGELOG.md. Does nothing there is none, or if the version
is released. Needs GitHub's `gh`.
"""

import re
import subprocess
import sys
from pathlib import Path

from shared import __version__

ROOT = Path(__file__).resolve().parents[3]


def notes(changelog: str, version: str) -> str | None:
    """Returns the section of a version without its heading; None if there is none."""
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
    found = re.search(rf"{heading}\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def run(*command: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)


def main() -> None:
    tag = f"v{__version__}"
    text = notes((ROOT / "CHANGELOG.md").read_text(), __version__)
    if text is None:
        print(f"CHANGELOG.md has no section [{__version__}] with a date: there is nothing to release")
        return
    commit = run("git", "rev-parse", "HEAD").stdout.strip()
    options = ("--target", commit, "--title", tag, "--notes-file", "-")
    made = run("gh", "release", "create", tag, *options, given=text)
    if made.returncode == 0:
        print(f"released {tag}: {made.stdout.strip()}")
    elif "already exists" in made.stderr:
        print(f"{tag} is released already")
    else:
        sys.exit(f"error: gh release create: {made.stderr.strip()}")


if __name__ == "__main__":
    main()
