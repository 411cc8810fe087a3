"""`python -m infra.tools.development.remove_domain DOMAIN...`: removes domains, whose names it shows first.

DROP=now writes a migration that drops their tables at once, for a fork before its first deployment. Otherwise
the tables are abandoned: they stay for a rollback, and `make revision DROP=abandoned` drops them in a later
release. YES=1 asks nothing.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from infra.domains import ABANDONED, abandoned_tables
from infra.tools.names import camel, function_of
from infra.tools.openapi.changes import CHANGELOG, last_release

ROOT = Path(__file__).resolve().parents[3]
CORE = {"accounts", "meta"}  # the API stands on them
SAMPLES = ("items", "library", "social", "tracker")  # `make bare` removes these, never a fork's own
MARKED = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->\n", re.DOTALL)
ROUTES, CACHE = "docs/routes.csv", "infra/stacks/cache.yaml"
TEMPLATES = ("template.yaml", "infra/stacks/release.yaml", "infra/tools/monitoring/head.yaml")
GENERATORS = ("openapi", "development.route_table", "monitoring", "scale")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md")


def places(domain: str) -> list[str]:
    """Returns a domain's folders (with a slash) and files."""
    files = [f"shared/models/{domain}.py", f"infra/domains/{domain}.py"]
    return [f"functions/{domain}/", f"tests/{domain}/", *files, *_examples(domain)]


def _examples(domain: str) -> list[str]:
    module = ROOT / f"infra/domains/{domain}.py"
    return re.findall(r'^EXAMPLE = "(.+/)"$', module.read_text(), re.MULTILINE) if module.exists() else []


def tables_of(models: str) -> list[str]:
    """Returns the names of the tables that a module of models declares."""
    return re.findall(r'(?:__tablename__ = |= Table\(\s*)"(\w+)"', models)


def domains() -> set[str]:
    return {file.parent.name for file in (ROOT / "functions").glob("*/__init__.py")}


def refusal(chosen: list[str], drop: str) -> str | None:
    """Returns the reason why these domains cannot go."""
    known = ", ".join(sorted(domains() - CORE)) or "none to remove"
    if not chosen:
        return f"name a domain with DOMAIN=...: {known}"
    if drop not in ("", "now"):
        return f"DROP is {drop!r}; it should be now, or absent"
    for domain in chosen:
        if domain not in domains():
            return f"no domain is called {domain!r}; there are {known}"
        if domain in CORE:
            return f"{domain} stays: sign-in and the API's own documents need it"
    for other in sorted(domains() - set(chosen)):
        for file, name in _imports(other):
            if (domain := domain_of(name)) in chosen:
                return f"{other} needs {domain} ({file} imports {name}): remove both, or that import first"
    return None


def domain_of(module: str) -> str:
    """shared.models.items → items, items.schemas → items"""
    return module.removeprefix("shared.models.").partition(".")[0]


def _imports(domain: str) -> Iterator[tuple[str, str]]:
    for place in places(domain):
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path] * path.exists():
            for node in ast.walk(ast.parse(file.read_text())):
                match node:
                    case ast.Import(names=names):
                        yield from ((str(file.relative_to(ROOT)), each.name) for each in names)
                    case ast.ImportFrom(module=str(module)):
                        yield str(file.relative_to(ROOT)), module


def operations(domain: str) -> list[str]:
    files = (ROOT / f"functions/{domain}").glob("*.py")
    return [file.stem for file in files if "handler" in file.read_text()]


def without_blocks(text: str, names: list[str]) -> str:
    """Returns a template without the blocks, parameters and list items of these operations' functions."""
    functions = "|".join(map(function_of, names))
    keys = "|".join(f"{camel(name)}(?:Function|Version|Errors)" for name in names)
    text = re.sub(rf"^( *)(?:{keys}):.*\n(?:\1 +.*\n)*\n?", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^ *- .*\$\{{(?:{functions})\}}(?::\S*)?\"\n", "", text, flags=re.MULTILINE)  # an ARN
    text = re.sub(rf'(?:, )?"\$\{{(?:{functions})\}}": \[[^]]*\]', "", text)  # JSON of the release's check
    text = text.replace("{${SignIn}, ", "{${SignIn}")
    if "'{${SignIn}}'" in text:  # which ends with a comma for those that follow
        text = text.replace("], '\n", "]'\n")
    return re.sub(r"^  # .*\n\n(?=  # |\Z)", "", text, flags=re.MULTILINE)  # a heading of nothing


def changed(chosen: list[str]) -> dict[str, str]:
    """Returns the new texts of files that name the domains, by their paths."""
    names = [name for domain in chosen for name in operations(domain)]
    texts = {file: without_blocks((ROOT / file).read_text(), names) for file in TEMPLATES}
    rows = (ROOT / ROUTES).read_text().splitlines(keepends=True)
    texts[ROUTES] = "".join(row for row in rows if row.split(",")[2] not in names)
    modules = [file.read_text() for domain in chosen for file in (ROOT / f"functions/{domain}").glob("*.py")]
    kept = [prefix for text in modules for prefix in re.findall(r'key_prefix="(\w+)"', text)]
    texts[CACHE] = re.sub(rf" ~({'|'.join(kept)}):\*", "", (ROOT / CACHE).read_text()) if kept else ""
    for page in (page for pattern in DOCUMENTS for page in ROOT.glob(pattern)):
        texts[str(page.relative_to(ROOT))] = MARKED.sub(
            lambda found: "" if found[1] in chosen else found[0], page.read_text()
        )
    texts |= {CHANGELOG: told} if (told := _changelog(names)) else {}
    return {file: text for file, text in texts.items() if text and text != (ROOT / file).read_text()}


def _changelog(names: list[str]) -> str:
    """Returns the changelog with the removed operations of the last release, empty without any."""
    _, released = last_release() or ("", {"paths": {}})
    known = {each["operationId"] for methods in released["paths"].values() for each in methods.values()}
    if not (gone := sorted(known & set(names))) or not (ROOT / CHANGELOG).exists():
        return ""
    said = ", ".join(f"`{each}`" for each in gone)
    entry = textwrap.fill(f"- Removed: {said}.", 110, subsequent_indent="  ")
    heading = "## [Unreleased]\n"
    return (ROOT / CHANGELOG).read_text().replace(heading, f"{heading}\n{entry}\n", 1)


def main(chosen: list[str]) -> None:
    if chosen == ["samples"]:
        chosen = [each for each in SAMPLES if each in domains()]
        if not chosen:
            sys.exit("there is no sample to remove")
    drop = os.environ.get("DROP", "")
    if fault := refusal(chosen, drop):
        sys.exit(f"error: {fault}\nnothing was removed")
    gone = [place for domain in chosen for place in places(domain) if (ROOT / place).exists()]
    models = [ROOT / f"shared/models/{domain}.py" for domain in chosen]
    tables = [table for model in models if model.exists() for table in tables_of(model.read_text())]
    texts = changed(chosen)
    print(*(f"removes   {each}" for each in gone), *(f"changes   {each}" for each in texts), sep="\n")
    for table in tables:
        print(f"{'drops     ' if drop else 'abandons  '}the table {table}")
    if os.environ.get("YES") != "1" and not confirmed():
        sys.exit("nothing was removed: type yes, or set YES=1")
    remove(gone, texts)
    for generator in GENERATORS:
        run(f"infra.tools.{generator}")
    if drop and tables:
        run("infra.tools.development.new_migration", f"Drop the tables of {', '.join(chosen)}")
    elif tables:
        ABANDONED.write_text("".join(f"{table}\n" for table in [*abandoned_tables(), *tables]))
        print("later, when you will not roll back behind this release: make revision DROP=abandoned")


def confirmed() -> bool:
    print("Type yes to continue: ", end="", flush=True)
    return sys.stdin.readline().strip() == "yes"  # empty at the end of an input that is no terminal


def remove(gone: list[str], texts: dict[str, str]) -> None:
    for file, text in texts.items():
        (ROOT / file).write_text(text)
    for place in gone:
        shutil.rmtree(ROOT / place) if place.endswith("/") else (ROOT / place).unlink()


def run(module: str, *arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
