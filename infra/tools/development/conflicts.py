"""Settles a merge's conflicts that have one answer: in generated files, and where both sides only add."""

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[3]
# Written anew after the merge. LOCKS take `make lock` as well if this project has packages of its own.
GENERATED = {"docs/openapi.json", "infra/stacks/observability.yaml"}
LOCKS = {
    "requirements.lock",
    "infra/deployed/layers/packages/requirements.txt",
    "infra/deployed/layers/migrations/requirements.txt",
}
MARKED = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->\n)", re.DOTALL)  # a document's generated section
HUNK = re.compile(r"<{7} .*\n(.*?)\|{7} .*\n(.*?)={7}\n(.*?)>{7} .*\n", re.DOTALL)


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def resolve() -> list[str]:
    """Returns the files whose conflicts are left."""
    left = []
    for file in git("diff", "--name-only", "--diff-filter=U").splitlines():
        if file in GENERATED | LOCKS:
            git("checkout", "--theirs", "--", file)
        elif (merged := merged_again(file)) is not None:
            (ROOT / file).write_text(merged)
        else:
            left.append(file)
            continue
        git("add", "--", file)
    return left


def merged_again(file: str) -> str | None:
    """Returns the file merged without its generated sections, None if there are other conflicts."""
    stages = git("ls-files", "--unmerged", "-z", "--", file).split("\0")[:-1]
    blobs = {each.split("\t")[0].split()[2]: each.split()[1] for each in stages}
    if set(blobs) != {"1", "2", "3"}:  # one side deleted or renamed it
        return None
    with TemporaryDirectory() as folder:
        texts = []
        for stage in ("2", "1", "3"):  # ours, the base, theirs
            texts.append(Path(folder) / stage)
            texts[-1].write_text(MARKED.sub(r"\1\3", git("cat-file", "blob", blobs[stage])))
        command = ["git", "merge-file", "-p", "--diff3", *map(str, texts)]
        merged = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    both = HUNK.sub(lambda hunk: hunk[1] + hunk[3] if not hunk[2] else hunk[0], merged)
    return None if HUNK.search(both) else both
