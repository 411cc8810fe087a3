"""`python -m infra.tools.development.rename NAME`: gives the API another name.

Code takes the name from shared/runtime/product.py. PLACES are the lines where no code runs. Generated files
follow: `make rename` writes them next.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.product import NAME, Forms, forms

from botocore.exceptions import BotoCoreError, ClientError

from infra.tools.deployment.samconfig import FILE, Configuration, configuration
from infra.tools.development.product_name import faults, longest_stage

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Place:
    """Lines of one file that hold the name; `text` takes the fields of Forms."""

    file: str
    text: str

    def written(self, names: Forms) -> str:
        return self.text.format(**names._asdict(), stage=longest_stage(names.name) - 1)


DEFAULT = "\n  Product:\n    Type: String\n    Default: {name}\n"
STAGE = '    AllowedPattern: "[a-z][a-z0-9-]{{0,{stage}}}"'
PLACES = (
    Place("shared/runtime/product.py", '\nNAME, TITLE, NAMESPACE, IDENTIFIER = forms("{name}")\n'),
    Place("infra/deployed/operations/custom_resource.py", '\nSERVICE, NAMESPACE = "{name}", "{namespace}"'),
    Place("template.yaml", DEFAULT),
    Place("infra/stacks/edge.yaml", DEFAULT),
    Place("infra/stacks/pipeline.yaml", DEFAULT),
    Place("template.yaml", STAGE),
    Place("infra/stacks/pipeline.yaml", STAGE),
    Place("infra/stacks/pipeline.yaml", '"aws:ResourceTag/{name}-stage"'),
    Place("infra/stacks/release.yaml", "\n      Namespace: {namespace}\n"),
    Place("README.md", "# {title}\n"),
)
STACKS = Place("samconfig.toml", '\nstack_name = "{name}-')  # once for each stage


class Unknown(Exception):
    """Nobody could say; the message says why."""


def rename(root: Path, old: Forms, new: Forms) -> None:
    """Writes each place, or none: ends the program with a sentence if one does not hold the old name."""
    texts = {place.file: (root / place.file).read_text() for place in (*PLACES, STACKS)}
    for place in PLACES:
        before, found, after = texts[place.file].partition(place.written(old))
        if not found:
            line = place.written(old).strip()
            sys.exit(f"error: {place.file} has no {line!r}: write that again, then rename")
        texts[place.file] = before + place.written(new) + after
    texts[STACKS.file] = texts[STACKS.file].replace(STACKS.written(old), STACKS.written(new))
    for file, text in texts.items():
        (root / file).write_text(text)


def region_of(stage: Configuration) -> str | None:
    """Returns the region where the stage's stack is deployed, None if it is not. Errors: Unknown."""
    try:
        session = stage.session()
        session.client("cloudformation").describe_stacks(StackName=stage.stack)
    except SystemExit as error:
        raise Unknown(str(error).removeprefix("error: ")) from None
    except (BotoCoreError, ClientError) as error:
        if "does not exist" in str(error):
            return None
        raise Unknown(str(error)) from None
    return session.region_name


def refuse_deployed_stacks() -> Iterator[str]:
    """Ends the program if a stack of samconfig.toml is deployed. Yields what it could not learn."""
    stages = [name for name, value in tomllib.loads(FILE.read_text()).items() if isinstance(value, dict)]
    for stage in (each for each in map(configuration, stages) if "stack_name" in each.deploy):
        try:
            region = region_of(stage)
        except Unknown as error:
            yield f"whether the stack {stage.stack} is deployed: {error}"
            continue
        if region:
            sys.exit(
                f"error: the stack {stage.stack} is deployed in {region}. Under another name the API would"
                " begin with another, empty database, because the database and its master user have the"
                f" name. Keep the name, or take the stack down: make destroy STAGE={stage.name}"
            )
    yield "stacks in other accounts and regions: they would stay as they are, without updates"


def leftovers(old: Forms) -> list[str]:
    """The tracked lines that have the old name as a word. Generated files are written next."""
    words = ["git", "grep", "-I", "--line-number", "--ignore-case", "--word-regexp", "-e", old.name]
    paths = [".", ":!docs/openapi.json", ":!infra/stacks/observability.yaml"]
    found = subprocess.run([*words, "--", *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def main(name: str) -> None:
    old, new = forms(NAME), forms(name)
    if found := [*faults(name)] or ([f"the API's name is {name} already"] if name == NAME else []):
        sys.exit("\n".join(f"error: {each}" for each in found))
    unknown = [*refuse_deployed_stacks()]
    rename(ROOT, old, new)
    print(f"renamed     {old.name} to {new.name}, {new.title}, {new.namespace} and {new.identifier}")
    for line in unknown:
        print(f"unknown     {line}")
    for line in leftovers(old):
        print(f"left        {line[:100]}")


if __name__ == "__main__":
    main(sys.argv[1])
