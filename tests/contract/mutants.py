"""Handlers in which something was left out, beside the real ones."""

import importlib.util
from typing import Any

from tests.support.client import ROOT, Client, handler_of


def without(operation: str, text: str, instead: str = "", imports: str = "") -> Client:
    """A client whose handler of `operation` has `instead` for `text`; all others are the real ones."""
    [file] = (ROOT / "functions").glob(f"*/{operation}.py")
    source = file.read_text()
    assert text in source, f"{file} has no {text!r}"
    spec = importlib.util.spec_from_loader(f"mutant_{operation}", loader=None)
    assert spec is not None
    mutant = importlib.util.module_from_spec(spec)
    exec(compile(imports + source.replace(text, instead), file, "exec"), vars(mutant))

    def run(called: str, event: dict[str, Any]) -> Any:
        return (mutant.handler if called == operation else handler_of(called))(event, None)

    return Client(run=run, holds=False)
