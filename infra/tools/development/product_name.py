"""The names that the API may not have, and why."""

import keyword
import re
import sys
from collections.abc import Iterator

from shared.runtime.product import forms

PATTERN = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
MAX_LENGTH = 16  # of a master user's name in RDS (CreateDBCluster, MasterUsername)

# Source: pg_get_keywords() of Postgres 15 and the page "SQL Key Words" of 17, catcodes R and T.
KEYWORDS = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign freeze from full grant group having ilike in initially inner intersect
    into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null
    offset on only or order outer overlaps placing primary references returning right select session_user
    similar some symmetric system_user table tablesample then to trailing true union unique user using
    variadic verbose when where window with
"""
# Databases of each cluster, and names that stand for roles. Source: CREATE DATABASE, CREATE ROLE.
TAKEN = "none postgres public template0 template1"
# Source: cfn-lint's rule for AWS::RDS::DBCluster's MasterUsername, tried on AWS.
MASTERS = "admin rdsadmin"
PREFIXES = {
    "pg_": "Postgres keeps roles that begin so for itself",
    "rds": "RDS keeps roles that begin so for itself",
    "aws": "Parameter Store takes no name that begins so",
    "ssm": "Parameter Store takes no name that begins so",
}

# CloudFormation cuts the stack's part of a name of 64 characters (a role's, a function's) to half of what a
# hyphen and 13 characters of chance leave. The rights in pipeline.yaml ask for `<name>-<stage>-` in it.
KEPT = 25


def longest_stage(name: str) -> int:
    """Returns how many characters a stage's name may have."""
    return min(12, KEPT - len(f"{name}--"))


def faults(name: str) -> Iterator[str]:
    """Yields each reason why the API may not have this name."""
    if not re.fullmatch(PATTERN, name) or not 2 <= len(name) <= MAX_LENGTH:
        yield (
            f"`{name}` is not a valid name: use 2 to {MAX_LENGTH} lower-case letters and digits, in words"
            " joined by hyphens, a letter first, such as acme-api"
        )
        return
    identifier = forms(name).identifier
    if identifier in f"{KEYWORDS} {TAKEN}".split():
        yield f"`{identifier}` is reserved in Postgres, whose database and owner take the name"
    if identifier in MASTERS.split():
        yield f"`{identifier}` is reserved in RDS, whose master user takes the name"
    if identifier in {*keyword.kwlist, *keyword.softkwlist, *sys.stdlib_module_names}:
        yield f"`{identifier}` is a word or a module of Python"
    for prefix, reason in PREFIXES.items():
        if identifier.startswith(prefix):
            yield f"`{name}` begins with `{prefix.rstrip('_')}`: {reason}"
