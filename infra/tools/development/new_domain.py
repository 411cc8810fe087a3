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

from infra.tools.development.domain_names import clash, name_fault
from infra.tools.names import camel, function_of, singular

ROOT = Path(__file__).resolve().parents[3]
ROUTES, TEMPLATE = "docs/routes.csv", "template.yaml"
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


def renamed(text: str, old: Resource, new: Resource) -> str:
    """Replaces whole words of names: `CreateItem`, `item_id` and `/items/`, but not the `Author` in
    `Authorizer`.
    """
    words = dict(zip(old.words, new.words, strict=True))
    text = re.sub(rf"\ban? (?={old.name}\b)", "an " if new.name[0] in "aeiou" else "a ", text)
    text = re.sub(r' and its \w+(?=\."""\n)', "", text)  # the old one's dependants in the delete route
    return re.sub(
        "|".join(rf"(?:(?<![a-z])|(?=[A-Z])){re.escape(word)}(?![a-z])" for word in words),
        lambda found: words[found[0]],
        text,
    )


def extract_definitions(file: Path, resource: Resource) -> str:
    """Returns a module's imports and the definitions named after the resource; empty without any."""
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
    return (
        f"from tests.support.sample_calls import Rows, Sample, created\n\nSAMPLES = {{\n{''.join(lines)}}}\n"
    )


def extract_bulk_rows(file: Path, resource: Resource) -> str:
    fill, lists = (
        "".join(re.findall(rf"^    {entry} .*,\n", file.read_text(), re.MULTILINE))
        for entry in (f'f"INSERT INTO {resource.plural}', f'"list_{resource.plural}":')
    )
    imports = "from tests.support.bulk import BLOCK, MOMENT, SERIES"
    return f"{imports}\n\nFILL = [\n{fill}]\nLISTS = {{\n{lists}}}\n"


def blocks(template: str, resource: Resource) -> str:
    """Returns the blocks without options of the old ones alone: alarms of a gradual release, SnapStart."""
    found = (
        re.search(rf"  {function_of(operation)}:\n(?:    .*\n)+", template)
        for operation in resource.operations
    )
    text = "\n".join(block[0] for block in found if block)
    return re.sub(r"      (?:SnapStart|DeploymentPreference):.*\n(?:       .*\n)*", "", text)


def find(name: str) -> Resource:
    """Errors: SystemExit, if there is no such resource to copy."""
    if name not in COPIED:
        sys.exit(f"error: LIKE is {name!r}; it should be {' or '.join(COPIED)}")
    rows = csv.DictReader((ROOT / ROUTES).read_text().splitlines())
    [row] = [row for row in rows if row["operation_id"] == f"create_{name}"]
    [file] = (ROOT / "functions").glob(f"*/create_{name}.py")
    return Resource(file.parent.name, row["path"].rpartition("/")[2], name)


def sources(new: Resource, old: Resource) -> dict[str, str]:
    """Returns the source of each new file, in the words of the old ones, by its path in the project."""
    functions, tests = f"functions/{new.domain}", f"tests/{new.domain}"
    texts = {}
    for module in ("schemas", "queries"):
        if (file := ROOT / f"functions/{old.domain}/{module}.py").exists():
            texts[f"{functions}/{module}.py"] = extract_definitions(file, old)
    for operation in old.operations:
        text = (ROOT / f"functions/{old.domain}/{operation}.py").read_text()
        texts[f"{functions}/{renamed(operation, old, new)}.py"] = text
    models = extract_definitions(ROOT / f"shared/models/{old.domain}.py", old)
    texts[f"shared/models/{new.domain}.py"] = models
    texts[f"{tests}/samples.py"] = samples(ROOT / f"tests/{old.domain}/samples.py", old)
    texts[f"{tests}/bulk_rows.py"] = extract_bulk_rows(ROOT / f"tests/{old.domain}/bulk_rows.py", old)
    return {file: text for file, text in texts.items() if text.strip()}


def declarations(new: Resource, old: Resource) -> dict[str, str]:
    """Returns the texts of the two files that declare routes, with the new routes added."""
    template, rows = (ROOT / TEMPLATE).read_text(), (ROOT / ROUTES).read_text()
    section = f"  # {in_words(new.domain)}\n\n{renamed(blocks(template, old), old, new)}\n"
    copied = [row for row in rows.splitlines(keepends=True) if row.split(",")[2] in old.operations]
    return {
        TEMPLATE: template.replace(LAST, section + LAST),
        ROUTES: rows + "".join(renamed(row, old, new) for row in copied),
    }


def shape(files: list[Path]) -> None:
    """Sorts imports as of files that are there: only then does ruff know the domain as ours."""
    for action in (("check", "--fix-only"), ("format",)):
        subprocess.run([sys.executable, "-m", "ruff", *action, "--quiet", *files], check=True, cwd=ROOT)


def write(texts: dict[str, str], changed: dict[str, str]) -> None:
    """Writes all new and changed files, or none of them."""
    before = {file: (ROOT / file).read_text() for file in changed}
    written: list[Path] = []
    try:
        for file, text in texts.items():
            path = ROOT / file
            if not path.parent.exists():
                path.parent.mkdir()
                written.append(path.parent)
            with path.open("x") as opened:
                written.append(path)
                opened.write(text)
        shape([path for path in written if path.is_file()])
        for file, text in changed.items():
            (ROOT / file).write_text(text)
    except BaseException:  # Ctrl-C too
        for file, text in before.items():
            (ROOT / file).write_text(text)
        for path in reversed(written):
            path.rmdir() if path.is_dir() else path.unlink()
        raise


def main(domain: str, name: str = "", like: str = "") -> None:
    new, old = Resource(domain, domain, name or singular(domain)), find(like or "project")
    fault = name_fault(ROOT, new.plural, new.name, new.operations)
    copied = {} if fault else sources(new, old)
    if fault := fault or clash(copied, old.words, new.words):
        sys.exit(f"error: {fault}\nnothing was written")
    texts = {file: renamed(text, old, new) for file, text in copied.items()}
    texts |= {
        f"functions/{domain}/__init__.py": f'"""{in_words(domain)}."""\n',
        f"tests/{domain}/__init__.py": "",
    }
    write(texts, declarations(new, old))
    print(*(f"wrote {file}" for file in texts), sep="\n")
    print(f"wrote five blocks into {TEMPLATE}, five rows into {ROUTES}; one of the {domain} is a {new.name}")
    print(f"next: shared/models/{domain}.py and functions/{domain}/, as docs/adding-a-domain.md says")


if __name__ == "__main__":
    main(*sys.argv[1:])
