"""The domain in tests/sample as text: `make new` copies it, whether other domains are there or not."""

import re
from dataclasses import dataclass

from infra.tools.names import camel, function_of

FOLDER, PACKAGE = "tests/sample", "tests.sample"
ROUTES, TEMPLATE = "docs/routes.csv", "template.yaml"
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
        names = (self.plural, self.name)
        return [*map(camel, names), *names]


def renamed(text: str, words: dict[str, str]) -> str:
    """Replaces whole words of names: `CreateItem`, `item_id` and `/items/`, but not the `Author` in
    `Authorizer`.
    """
    for old, new in words.items():
        text = re.sub(rf"\ban? (?={old}\b)", "an " if new[0] in "aeiou" else "a ", text)
    return re.sub(
        "|".join(rf"(?:(?<![a-z])|(?=[A-Z])){re.escape(word)}(?![a-z])" for word in words),
        lambda found: words[found[0]],
        text,
    )


def as_domain(text: str, domain: str) -> str:
    """Returns a module of tests/sample with the imports that it has in functions/ or shared/models."""
    text = re.sub(r"class SampleBase\(Base\):\n(?:    .*\n)+\n\n", "", text).replace("(SampleBase)", "(Base)")
    return text.replace(f"{PACKAGE}.models", f"shared.models.{domain}").replace(f"{PACKAGE}.", f"{domain}.")


def block(row: dict[str, str], domain: str) -> str:
    """Returns the block of a route in template.yaml. `row`: of docs/routes.csv."""
    path = f'"{row["path"]}"' if "{" in row["path"] else row["path"]
    auth = "" if row["auth"] == "-" else ", Auth: {Authorizer: JwtAuthorizer}"
    return f"""\
  {function_of(row["operation_id"])}:
    Type: AWS::Serverless::Function
    Properties:
      Handler: {domain}.{row["operation_id"]}.handler
      Role: !GetAtt Roles.Outputs.DatabaseRole
      Events:
        Route:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Method: {row["method"]}, Path: {path}{auth}}}

"""


def with_blocks(template: str, heading: str, rows: list[dict[str, str]], domain: str) -> str:
    section = f"  # {heading}\n\n{''.join(block(row, domain) for row in rows)}"
    return template.replace(LAST, section + LAST)
