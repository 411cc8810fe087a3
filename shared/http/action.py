"""What a route does, in words: "Failed to create item", "… while creating item"."""

from typing import NamedTuple

from starlette.requests import Request


class Action(NamedTuple):
    infinitive: str
    gerund: str

    @classmethod
    def named(cls, operation: str) -> "Action":
        """That of an operation whose name is a verb and what it acts on, such as `create_item`."""
        verb, *what = operation.split("_")
        return cls(" ".join([verb, *what]), " ".join([f"{verb.removesuffix('e')}ing", *what]))


def action_of(request: Request) -> Action:
    """What the request's route does: as its app says, else by its operation's name."""
    action: Action | None = request.app.state.action
    return action or Action.named(request.scope["endpoint"].__name__)
