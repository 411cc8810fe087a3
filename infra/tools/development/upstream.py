"""`python -m infra.tools.development.upstream`: merges the next release of the project that this one is from.

`make rename` and `make remove` touch lines that the upstream changes too. So the last common commit and the
release are first given this API's name, version and domains, each by its own commands. Git then merges the
difference of the two, in which nothing is left of what those commands do.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from shared import __version__
from shared.runtime.product import NAME

from infra.tools.development.conflicts import resolve
from infra.tools.development.remove_domain import tables_of

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = "infra/deployed/migrations/versions"
RELEASES = "refs/upstream"  # apart from this project's own tags, which may have the same names
NOBODY = {  # no account is asked: nothing is renamed here that is deployed
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def git(*arguments: str, folder: Path = ROOT, check: bool = True) -> str:
    """Returns what git prints, without the last line's end. Ends the program with git's words if it fails."""
    ended = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if check and ended.returncode != 0:
        sys.exit(f"error: git {' '.join(arguments)}: {ended.stderr.strip()}")
    return ended.stdout.rstrip("\n")


def make(folder: Path, *arguments: str) -> None:
    """Runs make in a folder, with this project's uv and no account. Ends the program if it fails."""
    uv = f"UV={ROOT / os.environ.get('UV', '.uv/bin/uv')}"  # as the Makefile found it, from this folder
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    ended = subprocess.run(
        ["make", "--silent", uv, *arguments],
        cwd=folder, env=environment | NOBODY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode != 0:
        sys.exit(f"error: make {' '.join(arguments)}, in a copy:\n{ended.stdout}{ended.stderr}".rstrip())


@dataclass(frozen=True)
class Release:
    version: str  # with its v
    commit: str
    base: str  # the last commit that both projects have


def next_release() -> Release:
    """Fetches the upstream's releases. Ends the program with a sentence if there is none to merge."""
    if "upstream" not in git("remote").split():
        sys.exit("error: no remote is called upstream: git remote add upstream URL (UPGRADING.md)")
    if git("status", "--porcelain"):
        sys.exit("error: the working copy has changes: commit or stash them, so that the merge can be undone")
    git("fetch", "--quiet", "--no-tags", "upstream", f"+refs/tags/v*:{RELEASES}/v*")
    listed = ("for-each-ref", "--sort=version:refname", "--format=%(refname:strip=2)")
    merged = git(*listed, "--merged", "HEAD", RELEASES).split()
    every = git(*listed, RELEASES).split()
    later = every[every.index(merged[-1]) + 1 :] if merged else every
    if not later:
        print(f"this project has the upstream's newest release, {merged[-1] if merged else 'none yet'}")
        sys.exit()
    commit = git("rev-parse", f"{RELEASES}/{later[0]}^{{commit}}")
    base = git("merge-base", "HEAD", commit, check=False)
    if not base:
        sys.exit("error: this project and the upstream have no commit in common: see UPGRADING.md")
    return Release(later[0], commit, base)


def domains(commit: str) -> set[str]:
    folders = git("ls-tree", "--name-only", "-d", commit, "functions/")
    return {folder.removeprefix("functions/") for folder in folders.splitlines()}


@contextmanager
def tree(commit: str) -> Iterator[Path]:
    """Yields a folder with the files of a commit."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made) / "tree"
        git("worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            git("worktree", "remove", "--force", str(folder))


def lend_packages(folder: Path) -> None:
    """Lets the folder use this project's .venv, which looks newer to make than what it was made from."""
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for file in ("requirements.lock", ".python-version"):
        os.utime(folder / file, (0, 0))


def write_version(folder: Path) -> None:
    for file, name in (("pyproject.toml", "version"), ("shared/__init__.py", "__version__")):
        text = (folder / file).read_text()
        line = f'{name} = "{__version__}"'
        (folder / file).write_text(re.sub(rf'^{name} = ".*"$', line, text, flags=re.MULTILINE))


def like_this_one(folder: Path, removed: list[str]) -> str:
    """Gives the files this API's version, name and domains. Returns the commit of the result."""
    write_version(folder)
    if removed:
        make(folder, "remove", f"DOMAIN={' '.join(removed)}", "YES=1")
        git("checkout", "--quiet", "--", "CHANGELOG.md", folder=folder)  # HEAD's names them
    if f'forms("{NAME}")' not in (folder / "shared/runtime/product.py").read_text():
        make(folder, "rename", f"NAME={NAME}")
    make(folder, "docs")
    if (folder / ".venv").is_symlink():
        (folder / ".venv").unlink()
    return commit(folder)


def commit(folder: Path) -> str:
    git("add", "--all", folder=folder)
    git(
        "-c",
        "user.name=upstream",
        "-c",
        "user.email=upstream",
        "commit",
        "--allow-empty",
        "-qm",
        "alike",
        folder=folder,
    )
    return git("rev-parse", "HEAD", folder=folder)


def chain(folder: Path, base: str) -> list[str]:
    """Numbers the release's migrations after this project's, so that there is one head."""
    new = git("diff", "--name-only", "--diff-filter=A", base, "--", VERSIONS, folder=folder).splitlines()
    head = max(int(file.name[:4]) for file in (ROOT / VERSIONS).glob("[0-9]*.py"))
    return [follow(folder / file, head + place) for place, file in enumerate(sorted(new))]


def follow(file: Path, head: int) -> str:
    """Makes one migration the next after the number `head`."""
    text = file.read_text()
    for name, number in (("revision", head + 1), ("down_revision", head)):
        text = re.sub(rf'^({name}\b.*= )"\d+"', rf'\g<1>"{number:04}"', text, flags=re.MULTILINE)
    moved = file.with_name(f"{head + 1:04}{file.name[4:]}")
    file.write_text(text)
    file.rename(moved)
    return moved.name


def merge(release: Release) -> list[str]:
    """Merges into the working copy, without a commit. Returns what to look at."""
    removed = sorted(domains(release.base) - domains("HEAD"))
    with tree(release.base) as before:
        lend_packages(before)
        base = like_this_one(before, removed)
    with tree(release.commit) as after:
        lock = "requirements.lock"
        if not git("diff", "--name-only", release.base, release.commit, "--", lock):
            lend_packages(after)
        like_this_one(after, removed)
        migrations = chain(after, base)
        theirs = commit(after) if migrations else git("rev-parse", "HEAD", folder=after)
    labels = {f"GITHEAD_{theirs}": release.version, f"GITHEAD_{git('rev-parse', 'HEAD')}": "this project"}
    subprocess.run(
        ["git", "merge-recursive", base, "--", "HEAD", theirs],
        cwd=ROOT, env=os.environ | labels, capture_output=True, check=False,
    )  # fmt: skip
    message = f"Merge the upstream's release {release.version}\n"
    for name, text in (("HEAD", f"{release.commit}\n"), ("MSG", message), ("MODE", "no-ff")):
        (ROOT / git("rev-parse", "--git-path", f"MERGE_{name}")).write_text(text)
    return look_at(release, base, theirs, migrations)


def look_at(release: Release, base: str, theirs: str, migrations: list[str]) -> list[str]:
    notes = [f"CHANGELOG.md and UPGRADING.md: what {release.version} changes for its users"]
    new = sorted(domains(theirs) - domains(base))
    notes += [f"functions/{domain}: a new sample; or make remove DOMAIN={domain}" for domain in new]
    gone = domains(release.base) - domains("HEAD")
    tables = [
        table
        for domain in gone
        for table in tables_of(git("show", f"{release.base}:shared/models/{domain}.py", check=False))
    ]
    for file in migrations:
        note = f"{VERSIONS}/{file}: a new migration"
        text = git("show", f"{theirs}:{VERSIONS}/{file}")
        if named := [table for table in tables if re.search(rf"\b{table}\b", text)]:
            note += f", which names {', '.join(named)} of a domain that was removed here"
        notes.append(note)
    return notes


def main() -> None:
    release = next_release()
    notes = merge(release)
    seen = resolve()
    conflicts = [file for file, why in seen.items() if why == "conflict"]
    if not conflicts:
        make(ROOT, "docs", "observability", "scale")
        git("add", "--all")
    print(f"merged      {release.version}; nothing is committed yet: git merge --abort undoes it")
    notes += [f"{file}: {why}" for file, why in seen.items() if file not in conflicts]
    for note in notes:
        print(f"look at     {note}")
    for file in conflicts:
        print(f"conflict    {file}")
    ahead = "settle the conflicts, make docs observability scale, git add --all, " if conflicts else ""
    print(f"then        {ahead}make check, make test, git commit")
    sys.exit(1 if conflicts else 0)


if __name__ == "__main__":
    main()
