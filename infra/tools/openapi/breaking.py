"""Finds changes of the API document that break existing clients.

Requests may gain options but lose none, and answers may gain fields but lose none. A new operation, an
optional request field, another answer field or error code breaks no client.
"""

from collections.abc import Iterator
from typing import Any

type Shape = dict[str, Any]

AT_MOST = ("maxLength", "maxItems", "maximum")
AT_LEAST = ("minLength", "minItems", "minimum")


class Documents:
    """The old and the new document, and lookup of their references."""

    def __init__(self, old: Shape, new: Shape) -> None:
        self._old, self._new = old, new

    def breaking(self) -> Iterator[str]:
        """Returns sentences that begin with the operation's name and a colon."""
        for path, methods in self._old["paths"].items():
            for method, was in methods.items():
                now = self._new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{was['operationId']}: {method.upper()} {path} was removed"
                else:
                    for problem in self._operation(was, now):
                        yield f"{was['operationId']}: {problem}"

    def _operation(self, was: Shape, now: Shape) -> Iterator[str]:
        if was["operationId"] != now["operationId"]:
            yield f"it is now named {now['operationId']}"
        if now["security"] and not was["security"]:
            yield "it now requires a token"
        yield from self._parameters(was.get("parameters", []), now.get("parameters", []))
        yield from self._body(was.get("requestBody"), now.get("requestBody"))
        for status, response in was["responses"].items():
            if status < "300":
                yield from self._response(status, response, now["responses"].get(status))

    def _parameters(self, were: list[Shape], are: list[Shape]) -> Iterator[str]:
        old = {each["name"]: each for each in (self._resolved(self._old, each) for each in were)}
        new = {each["name"]: each for each in (self._resolved(self._new, each) for each in are)}
        for name in old:
            if name not in new:
                yield f"the parameter {name} was removed"
            else:
                yield from self._sent(old[name]["schema"], new[name]["schema"], f"the parameter {name}")
        for name, parameter in new.items():
            if parameter.get("required") and not old.get(name, {}).get("required"):
                yield f"the parameter {name} is now required"

    def _body(self, was: Shape | None, now: Shape | None) -> Iterator[str]:
        if was is None and now is not None and now.get("required"):
            yield "it now requires a body"
        for kind, media in (was or {}).get("content", {}).items():
            if kind not in (now or {}).get("content", {}):
                yield f"it no longer accepts {kind}"
            else:
                assert now is not None
                yield from self._sent(media["schema"], now["content"][kind]["schema"], "the body")

    def _response(self, status: str, was: Shape, now: Shape | None) -> Iterator[str]:
        if now is None:
            yield f"it no longer answers {status}"
            return
        was, now = self._resolved(self._old, was), self._resolved(self._new, now)
        for name in was.get("headers", {}):
            if name not in now.get("headers", {}):
                yield f"the answer no longer has the header {name}"
        for kind, media in was.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"it no longer answers {kind}"
            else:
                yield from self._answered(media["schema"], now["content"][kind]["schema"], "the answer")

    def _sent(self, was: Shape, now: Shape, where: str) -> Iterator[str]:
        was, now = self._resolved(self._old, was), self._resolved(self._new, now)
        if lost := _kinds(was) - _kinds(now):
            yield f"{where} may no longer be {' or '.join(sorted(lost))}"
        for value in _choices(was) - _choices(now) if "enum" in now else ():
            yield f"{where} may no longer be {value}"
        for bound in (*AT_MOST, *AT_LEAST):
            if bound in now and _is_narrower(bound, was.get(bound), now[bound]):
                yield f"{where} now has {bound} {now[bound]}"
        if now.get("pattern") not in (None, was.get("pattern")):
            yield f"{where} has another pattern"
        for name in now.get("required", []):
            if name not in was.get("required", []):
                yield f"{where}/{name} is now required"
        for name, shape in was.get("properties", {}).items():
            if name not in now.get("properties", {}):
                yield f"{where}/{name} is no longer known"
            else:
                yield from self._sent(shape, now["properties"][name], f"{where}/{name}")
        if "items" in was and "items" in now:
            yield from self._sent(was["items"], now["items"], f"{where}/*")

    def _answered(self, was: Shape, now: Shape, where: str) -> Iterator[str]:
        was, now = self._resolved(self._old, was), self._resolved(self._new, now)
        if gained := _kinds(now) - _kinds(was):
            yield f"{where} may now be {' or '.join(sorted(gained))}"
        for value in _choices(now) - _choices(was) if "enum" in was else ():
            yield f"{where} may now be {value}"
        for name, shape in was.get("properties", {}).items():
            if name not in now.get("properties", {}):
                yield f"{where}/{name} was removed"
                continue
            if name in was.get("required", []) and name not in now.get("required", []):
                yield f"{where}/{name} may now be absent"
            yield from self._answered(shape, now["properties"][name], f"{where}/{name}")
        if "items" in was and "items" in now:
            yield from self._answered(was["items"], now["items"], f"{where}/*")

    @classmethod
    def _resolved(cls, document: Shape, shape: Shape) -> Shape:
        while "$ref" in shape:
            _, _, kind, name = shape["$ref"].split("/")
            shape = document["components"][kind][name]
        match shape:
            case {"anyOf": [dict(one), {"type": "null"}]}:
                one = cls._resolved(document, one)
                return one | {"type": [*_kinds(one), "null"]}
        return shape


def _kinds(shape: Shape) -> set[str]:
    kinds = shape.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _choices(shape: Shape) -> set[str]:
    return {str(value) for value in shape.get("enum", [])}


def _is_narrower(bound: str, was: float | None, now: float) -> bool:
    if was is None:
        return True
    return now < was if bound in AT_MOST else now > was
