"""Rules over a project's declarations. Each yields a sentence per fault that says what to write where."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from shared.http import Input

from infra.tools.names import function_of
from tests.contract.arrows import (
    arrows_point_one_way,
    no_files_import_each_other,
    rooms_of_infra_are_in_order,
    rooms_of_shared_are_in_order,
)
from tests.contract.project import PLAIN_HANDLERS, Module, Project
from tests.support.sample_calls import Sample, samples

TABLE = "docs/routes.csv"
# Rows of the contract that are still to be built.
PLANNED: set[str] = set()

USERS = "/api/v1/users"  # a newly registered user exists for everybody

type Problems = Iterator[str]
type Rule = Callable[[Project], Problems]


def every_module_has_its_row_and_its_block(project: Project) -> Problems:
    for operation, module in project.routes.items():
        if operation not in project.table:
            yield f"{module} has no row: add METHOD,path,{operation},auth,status,kind to {TABLE}"
        elif operation not in project.deployed:
            row = project.table[operation]
            yield (
                f"{module} has no block: add {function_of(operation)} with {row['method']} {row['path']}"
                " to template.yaml"
            )


def every_row_has_its_module(project: Project) -> Problems:
    for operation, row in project.table.items():
        if operation not in project.routes and operation not in PLANNED:
            yield (
                f"{TABLE} lists {operation}, and no module serves it: write functions/<domain>/{operation}.py"
                f" for {row['method']} {row['path']}"
            )
        if operation in project.routes and operation in PLANNED:
            yield f"{operation} is there: take it from PLANNED in tests/contract/declaration_rules.py"


def a_block_says_what_the_table_says(project: Project) -> Problems:
    for operation, route in project.deployed.items():
        if (row := project.table.get(operation)) is None:
            yield f"{route.function} has no row: add {route.method},{route.path},{operation},… to {TABLE}"
            continue
        written = f"{row['method']} {row['path']}"
        if route.key != written:
            yield (
                f"{route.function} is called by {route.key}, and {TABLE} says {written}:"
                " write that into template.yaml"
            )
        if route.authorizer is None and row["auth"] != "-":
            yield (
                f"{route.function} lets anyone in, and {TABLE} says {row['auth']}:"
                " write Auth: {Authorizer: JwtAuthorizer} into its event in template.yaml"
            )
        if route.authorizer is not None and row["auth"] == "-":
            yield (
                f"{route.function} asks for a token, and {TABLE} says that it is public:"
                " take Auth: {Authorizer: JwtAuthorizer} from its event in template.yaml"
            )


def a_block_runs_the_module_of_its_name(project: Project) -> Problems:
    for operation, route in project.deployed.items():
        handler = project.template.functions[route.function].handler
        module = project.routes.get(operation)
        wanted = f"{module.domain if module else '<domain>'}.{operation}.handler"
        if handler != wanted:
            yield f"{route.function} runs {handler}: write Handler: {wanted} into template.yaml"


def a_module_opens_with_its_address(project: Project) -> Problems:
    for operation, module in project.routes.items():
        if (row := project.table.get(operation)) is None:
            continue
        address = f"{row['method']} {row['path']}"
        if not (ast.get_docstring(module.tree) or "").startswith(f"{address}: "):
            yield f'{module} opens without its address: begin it with """{address}: what it does."""'
        if operation not in PLAIN_HANDLERS and address not in list(_served(module, operation)):
            yield f"{module} serves no {address}: write @app.{row['method'].lower()} for {operation}() there"


def _served(module: Module, operation: str) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == operation:
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Attribute(attr=method), args=[ast.Constant(value=path), *_]):
                        yield f"{method.upper()} {path}"


def every_function_has_a_role_that_is_there(project: Project) -> Problems:
    outputs = project.outputs("infra/stacks/roles.yaml")
    for name, block in project.blocks():
        match block.get("Role"):
            case {"Fn::GetAtt": ["Roles", str(path)]}:
                role = path.removeprefix("Outputs.")
                if role not in outputs:
                    yield f"{name} has the role {role}: add that output to infra/stacks/roles.yaml"
            case _:
                yield f"{name} has no role: write Role: !GetAtt Roles.Outputs.DatabaseRole into template.yaml"


def every_role_is_put_out(project: Project) -> Problems:
    roles = {
        name
        for name, resource in project.resources("infra/stacks/roles.yaml").items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    for name in sorted(roles - project.outputs("infra/stacks/roles.yaml")):
        yield f"{name} is no output: add {name}: {{Value: !GetAtt {name}.Arn}} to infra/stacks/roles.yaml"


def every_route_has_its_sample(project: Project, given: dict[str, Sample] | None = None) -> Problems:
    given = samples() if given is None else given
    for operation, module in project.routes.items():
        file = f"tests/{module.domain}/samples.py"
        if operation in PLAIN_HANDLERS:
            continue
        if operation not in given:
            yield f"{operation} has no sample: add one to SAMPLES in {file}"
        elif project.table.get(operation, {}).get("kind") == "list" and given[operation].rows is None:
            yield f"the sample of {operation} adds no rows: give it rows=Rows(…) in {file}"


def every_create_takes_a_key(project: Project) -> Problems:
    for operation, module in project.routes.items():
        is_create = project.table.get(operation, {}).get("kind") == "create"
        if is_create and "Idempotent" not in module.names:
            yield f"{module} takes no Idempotency-Key: write @app.post(…, dependencies=[Idempotent]) there"


def no_route_commits(project: Project) -> Problems:
    for module in project.modules("functions"):
        if "commit" in module.names:
            yield f"{module} commits: leave that to WriteSession, which does when the route has answered"


def public_reads_may_lag_and_nothing_else(project: Project) -> Problems:
    for operation, module in project.routes.items():
        row = project.table.get(operation)
        if row is None:
            continue
        may_lag = (row["method"], row["auth"]) == ("GET", "-") and not row["path"].startswith(USERS)
        if may_lag and "ReadSession" in module.names:
            yield f"{module} is public and asks the writer: give {operation}() db: PublicSession"
        if not may_lag and "PublicSession" in module.names:
            yield f"{module} must not lag: give {operation}() db: ReadSession"


def every_schema_is_used(project: Project) -> Problems:
    for schemas in project.modules("functions"):
        if schemas.name != "schemas":
            continue
        texts = [file.read_text() for file in sorted(schemas.file.parent.glob("*.py"))]
        for node in schemas.tree.body:
            if isinstance(node, ast.ClassDef):
                mentions = sum(len(re.findall(rf"\b{node.name}\b", text)) for text in texts)
                if mentions == 1:
                    yield f"{schemas} has {node.name}, which nothing uses: take it away"


def every_text_has_its_bound(project: Project) -> Problems:
    for module in project.modules("functions"):
        if module.name != "schemas":
            continue
        for schema in vars(module.load()).values():
            if isinstance(schema, type) and issubclass(schema, Input) and schema is not Input:
                for field, shape in schema.model_json_schema()["properties"].items():
                    if any(_is_unbounded_text(each) for each in _shapes(shape)):
                        yield (
                            f"{module}: {schema.__name__}.{field} takes text of any length:"
                            " use Name or FreeText of shared.http, or StringConstraints(max_length=…)"
                        )


def _shapes(shape: Any) -> Iterator[dict[str, Any]]:
    if isinstance(shape, dict):
        yield shape
    for each in shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ():
        yield from _shapes(each)


def _is_unbounded_text(shape: dict[str, Any]) -> bool:
    bounds = {"maxLength", "enum", "const", "format"}
    return shape.get("type") == "string" and not bounds & set(shape)


RULES: list[Rule] = [
    every_module_has_its_row_and_its_block,
    every_row_has_its_module,
    a_block_says_what_the_table_says,
    a_block_runs_the_module_of_its_name,
    a_module_opens_with_its_address,
    every_function_has_a_role_that_is_there,
    every_role_is_put_out,
    every_route_has_its_sample,
    every_create_takes_a_key,
    no_route_commits,
    public_reads_may_lag_and_nothing_else,
    every_schema_is_used,
    every_text_has_its_bound,
    arrows_point_one_way,
    rooms_of_shared_are_in_order,
    rooms_of_infra_are_in_order,
    no_files_import_each_other,
]
