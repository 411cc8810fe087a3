"""The API's name, in each form that something asks for. `make rename NAME=acme-api` writes the last line.

Where no code runs, the command writes the name too: infra/tools/development/rename.py lists those places.
"""

from typing import NamedTuple


class Forms(NamedTuple):
    name: (
        str  # acme-api: names in AWS, stacks, the audience of access tokens, the service of logs and metrics
    )
    title: str  # Acme API: documents
    namespace: str  # AcmeApi: metrics in CloudWatch
    identifier: str  # acme_api: Postgres (the database, its owner, the roles' first part) and Python


def forms(name: str) -> Forms:
    words = name.split("-")
    title = " ".join("API" if word == "api" else word.capitalize() for word in words)
    return Forms(name, title, "".join(map(str.capitalize, words)), "_".join(words))


NAME, TITLE, NAMESPACE, IDENTIFIER = forms("routewise")
