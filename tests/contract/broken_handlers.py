"""Handlers with a part removed, for comparison with the real ones."""

import ast
import importlib.util
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.client import Client, handler_of, module_of


def without(operation: str, code: str, instead: str = "", imports: str = "") -> Client:
    """Returns a client whose handler of `operation` has `instead` for `code`; all others are the real ones.

    `code`: an expression, a statement or a parameter of the parsed module.
    """
    file = Path(find_spec(module_of(operation)).origin)
    edit = _Edit(code, instead)
    tree = edit.visit(ast.parse(imports + file.read_text()))
    assert edit.edits, f"{file} has no {code!r}"
    spec = importlib.util.spec_from_loader(f"mutant_{operation}", loader=None)
    assert spec is not None
    mutant = importlib.util.module_from_spec(spec)
    exec(compile(ast.fix_missing_locations(tree), file, "exec"), vars(mutant))

    def run(called: str, event: dict[str, Any]) -> Any:
        return (mutant.handler if called == operation else handler_of(called))(event, None)

    return Client(run=run, holds=False)


class _Edit(ast.NodeTransformer):
    def __init__(self, code: str, instead: str) -> None:
        self._code, self._instead, self.edits = code, instead, 0

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, ast.expr | ast.stmt | ast.arg) or ast.unparse(node) != self._code:
            return self.generic_visit(node)
        self.edits += 1
        if isinstance(node, ast.arg):
            [function] = ast.parse(f"def _({self._instead}): ...").body
            assert isinstance(function, ast.FunctionDef)
            return function.args.args
        if isinstance(node, ast.stmt):
            return ast.parse(self._instead).body
        return ast.parse(self._instead, mode="eval").body
