"""`python -m infra.tools.development.new_domain DOMAIN [RESOURCE] [LIKE]`: a domain, copied from a resource.

DOMAIN is the plural that paths have (`notes`), RESOURCE one of them (`note`), LIKE the resource to copy:
`project`, seen by its owner alone, or `item`, shared by all users; the others know of more tables than their
own. What is copied is renamed; what is not mechanical stays to be written (docs/adding-a-domain.md).
"""

import ast
import csv
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.http.errors import in_words

ROOT = Path(__file__).resolve().parents[3]
ROUTES = "docs/routes.csv"
COPIED = ("project", "item")
LAST = "  # Operations\n"  # the heading after the domains' blocks in template.yaml


@dataclass(frozen=True)
class Resource:
    domain: str
    plural: str
    name: str

    @property
    def operations(self) -> list[str]:
        verbs = ("get", "update", "delete")
        return [f"create_{self.name}", f"list_{self.plural}", *(f"{verb}_{self.name}" for verb in verbs)]

    @property
    def words(self) -> list[str]:
        names = (self.plural, self.name, self.domain)
        return [*map(camel, names), *names]


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def renamed(text: str, old: Resource, new: Resource) -> str:
    """Whole words of names: `CreateItem`, `item_id` and `/items/`, but not the `Author` in `Authorizer`."""
    words = dict(zip(old.words, new.words, strict=True))
    text = re.sub(rf"\ban? (?={old.name}\b)", "an " if new.name[0] in "aeiou" else "a ", text)
    text = re.sub(r' and its \w+(?=\."""\n)', "", text)  # what goes with the old one when it is deleted
    return re.sub(
        "|".join(rf"(?:(?<![a-z])|(?=[A-Z])){re.escape(word)}(?![a-z])" for word in words),
        lambda found: words[found[0]],
        text,
    )


def extract_definitions(file: Path, resource: Resource) -> str:
    """The imports of a module, and what of it bears the resource's name; nothing where nothing does."""
    text = file.read_text()
    lines = text.splitlines()
    imports, own = [], []
    for node in ast.parse(text).body:
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
        match node:
            case ast.Import() | ast.ImportFrom():
                imports.append(source)
            case ast.FunctionDef(name=name) if {resource.name, resource.plural} & set(name.split("_")):
                own.append(source)
            case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                if name.startswith(camel(resource.name)):
                    own.append(source)
    return "".join(imports + own) if own else ""


def samples(file: Path, resource: Resource) -> str:
    operations = "|".join(resource.operations)
    lines = re.findall(rf'^    "(?:{operations})": .*,\n', file.read_text(), re.MULTILINE)
    return f"from tests.support.sample_calls import Rows, Sample, made\n\nSAMPLES = {{\n{''.join(lines)}}}\n"


def extract_bulk_rows(file: Path, resource: Resource) -> str:
    fill, lists = (
        "".join(re.findall(rf"^    {entry} .*,\n", file.read_text(), re.MULTILINE))
        for entry in (f'f"INSERT INTO {resource.plural}', f'"list_{resource.plural}":')
    )
    imports = "from tests.support.bulk import BLOCK, MOMENT, SERIES"
    return f"{imports}\n\nFILL = [\n{fill}]\nLISTS = {{\n{lists}}}\n"


def blocks(template: str, resource: Resource) -> str:
    found = (
        re.search(rf"  {camel(operation)}Function:\n(?:    .*\n)+", template)
        for operation in resource.operations
    )
    return "\n".join(block[0] for block in found if block)


def find(name: str) -> Resource:
    """Errors: SystemExit, where there is no such resource to copy."""
    if name not in COPIED:
        sys.exit(f"error: LIKE is {name!r}; it should be {' or '.join(COPIED)}")
    rows = list(csv.DictReader((ROOT / ROUTES).read_text().splitlines()))
    paths = [row["path"] for row in rows if row["operation_id"] == f"create_{name}"]
    [file] = (ROOT / "functions").glob(f"*/create_{name}.py")
    return Resource(file.parent.name, paths[0].rpartition("/")[2], name)


def singular(plural: str) -> str:
    return re.sub(r"(ies|s)$", lambda end: "y" if end[0] == "ies" else "", plural)


def write(new: Resource, old: Resource) -> list[Path]:
    written: list[Path] = []

    def put(file: str, text: str) -> None:
        if text.strip():
            written.append(ROOT / file)
            written[-1].parent.mkdir(exist_ok=True)
            written[-1].write_text(renamed(text, old, new))

    functions, tests = f"functions/{new.domain}", f"tests/{new.domain}"
    put(f"{functions}/__init__.py", f'"""{in_words(new.domain)}."""\n')
    for module in ("schemas", "queries"):
        if (file := ROOT / f"functions/{old.domain}/{module}.py").exists():
            put(f"{functions}/{module}.py", extract_definitions(file, old))
    for operation in old.operations:
        file = ROOT / f"functions/{old.domain}/{operation}.py"
        put(f"{functions}/{renamed(operation, old, new)}.py", file.read_text())
    put(f"shared/models/{new.domain}.py", extract_definitions(ROOT / f"shared/models/{old.domain}.py", old))
    put(f"{tests}/samples.py", samples(ROOT / f"tests/{old.domain}/samples.py", old))
    put(f"{tests}/bulk_rows.py", extract_bulk_rows(ROOT / f"tests/{old.domain}/bulk_rows.py", old))
    (ROOT / tests / "__init__.py").touch()
    return written


def declare(new: Resource, old: Resource) -> None:
    template, table = ROOT / "template.yaml", ROOT / ROUTES
    text = template.read_text()
    section = f"  # {in_words(new.domain)}\n\n{renamed(blocks(text, old), old, new)}\n"
    template.write_text(text.replace(LAST, section + LAST))
    rows = [row for row in table.read_text().splitlines(keepends=True) if row.split(",")[2] in old.operations]
    with table.open("a") as file:
        file.writelines(renamed(row, old, new) for row in rows)


def main(domain: str, name: str = "", like: str = "") -> None:
    new = Resource(domain, domain, name or singular(domain))
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", domain) or new.name == domain:
        sys.exit("error: DOMAIN is a plural in lower case, as in DOMAIN=notes; RESOURCE=... is one of them")
    if (ROOT / "functions" / domain).exists():
        sys.exit(f"error: functions/{domain} is there already")
    old = find(like or "project")
    written = write(new, old)
    declare(new, old)
    for action in (("check", "--fix-only"), ("format",)):
        subprocess.run([sys.executable, "-m", "ruff", *action, "--quiet", *written], check=True, cwd=ROOT)
    print(*(f"wrote {file.relative_to(ROOT)}" for file in written), sep="\n")
    print(f"wrote five blocks into template.yaml, five rows into {ROUTES}")
    print(f"next: shared/models/{domain}.py and functions/{domain}/, as docs/adding-a-domain.md says")


if __name__ == "__main__":
    main(*sys.argv[1:])
