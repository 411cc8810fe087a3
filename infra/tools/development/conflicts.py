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
HUNK = re.compile(
    r"^<{7} [^\n]*\n(.*?)^\|{7} [^\n]*\n(.*?)^={7}\n(.*?)^>{7} [^\n]*\n", re.DOTALL | re.MULTILINE
)


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def resolve() -> dict[str, str]:
    """Returns the files with conflicts that a person should see: `conflict` for those that are left."""
    seen = {}
    for file in git("diff", "--name-only", "--diff-filter=U").splitlines():
        if file in GENERATED | LOCKS:
            git("checkout", "--theirs", "--", file)
            if file in LOCKS:
                seen[file] = "the upstream's version: run make lock KEEP=1 if this project adds packages"
        elif (merged := merged_again(file)) is None:
            seen[file] = "conflict"
            continue
        else:
            text, both = merged
            (ROOT / file).write_text(text)
            if both:
                seen[file] = "both sides add in the same place: this project's lines come first"
        git("add", "--", file)
    return seen


def merged_again(file: str) -> tuple[str, int] | None:
    """Returns the file merged without its generated sections, and the number of places where both sides add.

    None if there are other conflicts.
    """
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
    text = HUNK.sub(lambda hunk: hunk[0] if hunk[2] else hunk[1] + hunk[3], merged)
    return None if HUNK.search(text) else (text, len(HUNK.findall(merged)))
