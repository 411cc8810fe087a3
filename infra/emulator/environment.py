"""A worker's environment variables and import paths, as in Lambda."""

import os
import uuid
from pathlib import Path

from infra.emulator.model import Function
from infra.emulator.sam import REGION


def environment(function: Function, port: int, runtime_path: tuple[Path, ...]) -> dict[str, str]:
    """The variables that Lambda sets, then the function's own.

    Source: AWS Lambda developer guide, "Defined runtime environment variables".
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.code),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",  # without it the client escapes non-ASCII answers
        "AWS_LAMBDA_FUNCTION_NAME": function.physical_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.physical_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in (*import_roots(function), *runtime_path)),
        **function.environment,
    }


def import_roots(function: Function) -> list[Path]:
    """The folders of the function's code, then of its layers.

    A built layer has a folder python/. A layer of sources is a package itself, or a folder of modules.
    """
    roots = [function.code]
    for layer in function.layers:
        if (layer / "python").is_dir():
            roots.append(layer / "python")
        elif (layer / "__init__.py").exists():
            roots.append(layer.parent)
        else:
            roots.append(layer)
    return roots


def arn(function: Function) -> str:
    qualifier = f":{function.alias}" if function.alias else ""
    return f"arn:aws:lambda:{REGION}:123456789012:function:{function.physical_name}{qualifier}"
