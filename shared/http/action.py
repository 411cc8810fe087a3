"""A route's action in words: "Failed to create item", "… while creating item"."""

from typing import NamedTuple

from starlette.requests import Request


class Action(NamedTuple):
    infinitive: str
    gerund: str

    @classmethod
    def named(cls, operation: str) -> "Action":
        """Returns the action of an operation such as `create_item`, whose name is a verb and its object."""
        verb, *what = operation.split("_")
        return cls(" ".join([verb, *what]), " ".join([f"{verb.removesuffix('e')}ing", *what]))


def action_of(request: Request) -> Action:
    """Returns the action of the request's route: its app's, or one named after its operation."""
    action: Action | None = request.app.state.action
    return action or Action.named(request.scope["endpoint"].__name__)
