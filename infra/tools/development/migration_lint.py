"""Finds statements in migrations that block a table in use or break running code, and suggests others.

squawk (https://squawkhq.com/docs/rules) judges the SQL; rules of our own catch the rest. A revision may allow
a rule with its reason: UNSAFE = {"ban-drop-column": "..."}.
"""

import json
import re
import subprocess
import sys
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from io import StringIO
from itertools import accumulate
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from infra.deployed.migrations.online import BATCHED

SQUAWK = Path(sys.executable).with_name("squawk")
POSTGRES = "17"
RULES = tomllib.loads(Path(__file__).with_name("migration_rules.toml").read_text())
OURS = {name: re.compile(rule["pattern"], re.I) for name, rule in RULES["ours"].items()}


def migration_faults(folder: Path) -> list[str]:
    """Returns a sentence for each fault in the revisions of this folder."""
    scripts = reversed(list(ScriptDirectory(str(folder)).walk_revisions()))
    written = {script: _sql(script) for script in scripts}
    by_squawk = _by_squawk([sql or "" for sql in written.values()])
    return [
        sentence
        for (script, sql), found in zip(written.items(), by_squawk, strict=True)
        for sentence in _sentences(script, found | dict(_by_our_rules(sql)))
    ]


def _sentences(script: Script, found: dict[str, str]) -> Iterator[str]:
    excused: dict[str, str] = getattr(script.module, "UNSAFE", {})
    name = Path(script.path).name
    for rule, said in found.items():
        if rule not in excused:
            yield f"{name}: {rule}: {said}"
    for rule in excused:
        if rule not in found:
            yield f"{name}: UNSAFE names {rule}, which it does not break"


def _sql(script: Script) -> str | None:
    """Returns the revision's SQL as text; None if it depends on the database's rows."""
    text = StringIO()
    options = {"as_sql": True, "output_buffer": text, "transaction_per_migration": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    try:
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            script.module.upgrade()
    except (AttributeError, TypeError):  # the revision used the result of a query, which offline mode lacks
        return None
    return text.getvalue()


def _by_squawk(written: list[str]) -> list[dict[str, str]]:
    """Returns the broken rules of each revision. Squawk sees all revisions at once, since a CHECK proves a
    later NOT NULL.
    """
    ends = list(accumulate(sql.count("\n") for sql in written))
    command = [str(SQUAWK), "--reporter", "json", "--pg-version", POSTGRES]
    command += ["--exclude", ",".join(RULES["excluded"])]
    ran = subprocess.run(command, input="".join(written), capture_output=True, text=True, check=False)
    found: list[dict[str, str]] = [{} for _ in written]
    for each in json.loads(ran.stdout):
        rule = each["rule_name"]
        instead = RULES["instead"].get(rule, each.get("help") or "see https://squawkhq.com/docs/" + rule)
        found[bisect_right(ends, each["line"])][rule] = f"{each['message']} Instead: {instead}"
    return found


def _by_our_rules(sql: str | None) -> Iterator[tuple[str, str]]:
    if sql is None:
        yield "asks-the-database", "Its effect depends on rows, so it cannot be checked. Instead: SQL alone"
        return
    statements = [each.strip() for each in sql.split(";\n\n")]
    made = set(re.findall(r"CREATE TABLE (\w+)", sql))
    for rule, pattern in OURS.items():
        for number, statement in enumerate(statements):
            match = pattern.match(statement)
            if match is None or match[2] in made or statement.endswith(BATCHED):
                continue
            if f"DROP INDEX CONCURRENTLY IF EXISTS {match[1]}" not in statements[:number]:
                yield rule, "{message} Instead: {instead}".format(**RULES["ours"][rule])
    if _in_two(statements):
        yield (
            "more-beside-concurrently",
            "The part that commits by itself would run again after a failure of the rest."
            " Instead: a revision for each, the one with infra.deployed.migrations.online by itself",
        )


def _in_two(statements: list[str]) -> bool:
    """Tells whether a revision has statements both inside and outside of a transaction."""
    inside, within, without = False, 0, 0
    for statement in statements:
        if statement in ("BEGIN", "COMMIT"):
            inside = statement == "BEGIN"
        elif statement:
            within, without = within + inside, without + (not inside)
    return within > 0 and without > 0
