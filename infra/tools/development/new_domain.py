"""`python -m infra.tools.development.new_domain DOMAIN [RESOURCE] [LIKE] [PARENT] [FIELDS]`: begins one.

DOMAIN is the plural that paths have (`notes`), RESOURCE one of them (`note`). LIKE says whose they are:
`owned` by one user, who alone sees them; `shared` by all users; `child` of a PARENT, a resource that its
owner alone sees (the default where PARENT is given). FIELDS are as fields.py reads them. The code is that of
tests/sample in other words; what is not mechanical stays to be written (docs/adding-a-domain.md).
"""

import ast
import csv
import re
import subprocess
import sys
from pathlib import Path

from shared.http.errors import in_words
from shared.models import map_all
from shared.models.base import Base

from infra.tools.development.domain_names import clash, name_fault
from infra.tools.development.fields import (
    DEFAULT,
    WHOLE_NUMBER,
    Field,
    parse,
    unique_constraints,
    with_fields,
)
from infra.tools.development.frozen_domain import (
    FOLDER,
    ROUTES,
    TEMPLATE,
    Resource,
    as_domain,
    renamed,
    with_blocks,
)
from infra.tools.names import camel, singular

ROOT = Path(__file__).resolve().parents[3]
OWNED = Resource("sample", "lockers", "locker")
KINDS = {
    "owned": OWNED,
    "shared": Resource("sample", "gadgets", "gadget"),
    "child": Resource("sample", "parcels", "parcel"),
}
# The column within whose rows a unique value is unique.
OWNERS = {"owned": "owner_id", "shared": "", "child": "locker_id"}

MODEL_IMPORTS = """\
from datetime import date, datetime
from shared.models.base import Base, exported, missing, parent, taken, the_caller
from shared.models.users import User
from sqlalchemy import ForeignKeyConstraint, Identity, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
"""
SCHEMA_IMPORTS = """\
from datetime import date
from typing import Annotated
from shared.http import CalendarDate, FreeText, Input, Moment, Name, Output, Time
from pydantic import Field
"""


def extract_definitions(file: Path, resources: list[Resource]) -> str:
    """Returns a module's definitions that are named after the resources."""
    text = file.read_text()
    lines = text.splitlines()
    parts = {part for each in resources for part in (each.name, each.plural)}
    own: list[ast.stmt] = []
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(name=name) if parts & set(name.split("_")):
                own.append(node)
            case ast.ClassDef(name=name) if name.startswith(tuple(camel(each.name) for each in resources)):
                own.append(node)
    return "".join("\n\n" + "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n" for node in own)


def imports_of(file: Path) -> str:
    tree = ast.parse(file.read_text())
    found = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(found) + "\n"


def samples(file: Path, old: Resource) -> str:
    operations = "|".join(old.operations)
    lines = re.findall(rf'^    "(?:{operations})": .*,\n', file.read_text(), re.MULTILINE)
    return f"{imports_of(file)}{extract_definitions(file, [old])}\n\nSAMPLES = {{\n{''.join(lines)}}}\n"


def bulk_rows(file: Path, old: Resource) -> str:
    fill, lists = (
        "".join(re.findall(rf"^    {entry} .*,\n", file.read_text(), re.MULTILINE))
        for entry in (f'f"INSERT INTO {old.plural}', f'"list_{old.plural}":')
    )
    return f"{imports_of(file)}\nFILL = [\n{fill}]\nLISTS = {{\n{lists}}}\n"


def models(old: Resource, fields: list[Field], like: str) -> str:
    text = extract_definitions(ROOT / FOLDER / "models.py", [old])
    if constraints := unique_constraints(fields, OWNERS[like]):
        table = f'    __tablename__ = "{old.plural}"\n'
        if "__table_args__" not in text:
            text = text.replace(table, f"{table}    __table_args__ = (\n    )\n")
        text = text.replace("    __table_args__ = (\n", f"    __table_args__ = (\n{constraints}")
    return MODEL_IMPORTS + text


def parents() -> dict[str, Resource]:
    """The resources with an `owner_id` of which each user sees their own alone, by their names."""
    map_all()
    owned = {each.class_.__name__ for each in Base.registry.mappers if "owner_id" in each.columns}
    found = {}
    for row in csv.DictReader((ROOT / ROUTES).read_text().splitlines()):
        verb, _, name = row["operation_id"].partition("_")
        for file in (ROOT / "functions").glob(f"*/get_{name}.py"):
            if verb == "get" and row["auth"] == "O404" and camel(name) in owned:
                found[name] = Resource(file.parent.name, row["path"].split("/")[3], name)
    return found


def find_parent(like: str, name: str) -> Resource | None:
    """The resource above the new one, for a child. Errors: ValueError, with the parents that there are."""
    if like != "child":
        if name:
            raise ValueError(f"PARENT goes with LIKE=child, and LIKE is {like!r}")
        return None
    known = parents()
    if name not in known:
        there = ", ".join(sorted(known)) or "and there is none yet"
        raise ValueError(f"PARENT is {name!r}; it should be a resource that its owner alone sees: {there}")
    return known[name]


def sources(new: Resource, like: str, fields: list[Field], parent: Resource | None) -> dict[str, str]:
    """Returns the source of each new file, in the words of tests/sample, by its path in the project."""
    old, sample = KINDS[like], ROOT / FOLDER
    functions, tests = f"functions/{new.domain}", f"tests/{new.domain}"
    whole = WHOLE_NUMBER if any(field.kind.sent == "WholeNumber" for field in fields) else ""
    texts = {
        f"shared/models/{new.domain}.py": models(old, fields, like),
        f"{functions}/schemas.py": SCHEMA_IMPORTS + whole + extract_definitions(sample / "schemas.py", [old]),
        f"{tests}/samples.py": samples(sample / "samples.py", old),
        f"{tests}/bulk_rows.py": bulk_rows(sample / "bulk_rows.py", old),
    }
    if queries := extract_definitions(sample / "queries.py", [old, *([OWNED] if parent else [])]):
        docstring = (sample / "queries.py").read_text().partition("\n")[0]
        texts[f"{functions}/queries.py"] = f"{docstring}\n{imports_of(sample / 'queries.py')}{queries}"
    for operation in old.operations:
        name = renamed(operation, dict(zip(old.words, new.words, strict=True)))
        texts[f"{functions}/{name}.py"] = (sample / f"{operation}.py").read_text()
    return {file: with_fields(text, fields, old.name) for file, text in texts.items()}


def in_place(text: str, domain: str, parent: Resource | None) -> str:
    """Returns a source with the imports that it has where it will stand."""
    text = as_domain(text, domain)
    return _with_parents_model(text, domain, parent.domain) if parent else text


def _with_parents_model(text: str, domain: str, parent: str) -> str:
    """Imports the parent's model from its own domain."""

    def apart(found: re.Match[str]) -> str:
        own = ", ".join(name for name in found[1].split(", ") if name != "Locker")
        return f"from shared.models.{domain} import {own}" if own else ""

    text = re.sub(rf"from shared\.models\.{domain} import (.*)", apart, text)
    if not re.search(r"\bLocker\b", text):
        return text
    above = f"from shared.models.{parent} import Locker\n"
    return re.sub(r"^(?=from )", above, text, count=1, flags=re.MULTILINE)


def declarations(new: Resource, old: Resource, words: dict[str, str]) -> dict[str, str]:
    """Returns the texts of the two files that declare routes, with the new routes added."""
    sample = (ROOT / FOLDER / "routes.csv").read_text().splitlines()
    copied = [renamed(row, words) for row in sample if row.split(",")[2] in old.operations]
    rows = list(csv.DictReader([sample[0], *copied]))
    return {
        TEMPLATE: with_blocks((ROOT / TEMPLATE).read_text(), in_words(new.domain), rows, new.domain),
        ROUTES: (ROOT / ROUTES).read_text() + "".join(f"{row}\n" for row in copied),
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


def main(domain: str, name: str = "", like: str = "", parent: str = "", fields: str = "") -> None:
    new, like = Resource(domain, domain, name or singular(domain)), like or ("child" if parent else "owned")
    try:
        if like not in KINDS:
            raise ValueError(f"LIKE is {like!r}; it should be {', '.join(KINDS)}")
        parsed, above = parse(fields or DEFAULT), find_parent(like, parent)
    except ValueError as error:
        sys.exit(f"error: {error}\nnothing was written")
    old = KINDS[like]
    words = dict(zip(old.words, new.words, strict=True))
    if above:
        words |= dict(zip(OWNED.words, above.words, strict=True))
    fault = name_fault(ROOT, new.plural, new.name, new.operations)
    copied = {} if fault else sources(new, like, parsed, above)
    if fault := fault or clash(copied, list(words), new.words):
        sys.exit(f"error: {fault}\nnothing was written")
    texts = {file: renamed(in_place(text, domain, above), words) for file, text in copied.items()}
    rows = f"tests/{domain}/bulk_rows.py"
    texts[rows] = re.sub(r"^.{111,}$", r"\g<0>  # noqa: E501", texts[rows], flags=re.MULTILINE)
    texts |= {
        f"functions/{domain}/__init__.py": f'"""{in_words(domain)}."""\n',
        f"tests/{domain}/__init__.py": "",
    }
    write(texts, declarations(new, old, words))
    print(*(f"wrote {file}" for file in texts), sep="\n")
    print(f"wrote five blocks into {TEMPLATE}, five rows into {ROUTES}; one of the {domain}: {new.name}")
    print(f"next: shared/models/{domain}.py and functions/{domain}/, as docs/adding-a-domain.md says")


if __name__ == "__main__":
    main(*sys.argv[1:])
