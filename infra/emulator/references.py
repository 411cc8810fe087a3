"""`python -m infra.emulator.references TEMPLATE`: reports references of a SAM template to nothing."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.emulator.command_error import CommandError
from infra.emulator.sam import of_type, parse

# Resources that SAM makes without being asked for, beside those that it names after a declared one.
IMPLICIT = ("AWS::", "Serverless", "CodeDeployServiceRole")


def require_references(file: Path, source: Mapping[str, Any]) -> None:
    """Errors: CommandError, for a `!Ref`, `!GetAtt` or `!Sub` that names no parameter and no resource."""
    known = (*source.get("Parameters", {}), *source["Resources"])
    for section in ("Globals", "Conditions", "Resources", "Outputs"):
        for name, declared in source.get(section, {}).items():
            for function, referred in _references(declared):
                if not referred.startswith(IMPLICIT) and not any(_is_of(referred, each) for each in known):
                    raise CommandError(
                        f"{file.name}: {section}.{name} has !{function} {referred}, and no parameter or"
                        " resource has that name: correct it or declare it"
                    )


def _is_of(referred: str, name: str) -> bool:
    """SAM names what it makes for a resource after it, as in `ItemsFunctionRole`."""
    return referred.startswith(name) and not referred[len(name) :][:1].islower()


def _references(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case {"Ref": str(name)}:
            yield "Ref", name
        case {"Fn::GetAtt": [str(name), *_]} | {"Fn::GetAtt": str(name)}:
            yield "GetAtt", name
        case {"Fn::Sub": [str(text), dict(names)]}:
            yield from (each for each in _substituted(text) if each[1].partition(".")[0] not in names)
            yield from _references(list(names.values()))
        case {"Fn::Sub": str(text)}:
            yield from _substituted(text)
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)


def _substituted(text: str) -> Iterator[tuple[str, str]]:
    yield from (("Sub", name) for name in re.findall(r"\$\{([\w:.]+)\}", text))


def main(file: Path) -> None:
    source = parse(file)
    require_references(file, source)
    for _, nested in of_type(source["Resources"], "AWS::Serverless::Application"):
        if isinstance(nested["Location"], str):
            main(file.parent / nested["Location"])


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except CommandError as error:
        sys.exit(f"error: {error}")
