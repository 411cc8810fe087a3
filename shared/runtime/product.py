"""The API's name in all its forms. `make rename NAME=acme-api` writes the last line.

The command also writes the name into templates and other files: infra/tools/development/rename.py lists them.
"""

from typing import NamedTuple


class Forms(NamedTuple):
    """The forms of acme-api.

    `name` (acme-api): names in AWS, the audience of access tokens, the service of logs and metrics.
    `title` (Acme API): documents. `namespace` (AcmeApi): metrics in CloudWatch.
    `identifier` (acme_api): Postgres (the database, its owner, the first part of roles) and Python.
    """

    name: str
    title: str
    namespace: str
    identifier: str


def forms(name: str) -> Forms:
    words = name.split("-")
    title = " ".join("API" if word == "api" else word.capitalize() for word in words)
    return Forms(name, title, "".join(map(str.capitalize, words)), "_".join(words))


NAME, TITLE, NAMESPACE, IDENTIFIER = forms("routewise")
