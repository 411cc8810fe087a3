"""`python -m infra.tools.deployment.build BUILD_DIR ARCHITECTURE STAGE`: builds what `sam deploy` uploads.

`sam build` alone would ship sources without bytecode, the data of every domain in each function, and no
release stamp.
"""

import os
import subprocess
import sys
from pathlib import Path

from infra.deployed.layers.build_layer import compile_in_place
from infra.emulator.cloudformation import require_references
from infra.emulator.command_error import CommandError
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.artifact import keep_own_data, summary
from infra.tools.deployment.samconfig import configuration
from infra.tools.deployment.stamp import stamp

# The templates' translation needs some region.
REGION = "us-east-1"
MAIN = Path("template.yaml")


def main(folder: Path, architecture: str, stage_name: str) -> None:
    try:
        check_references(MAIN)
    except CommandError as error:
        sys.exit(f"error: {error}")
    stage = configuration(stage_name)
    sam_build(folder, architecture)
    compile_in_place([*folder.glob("*Function"), *folder.glob("*/*Function")])
    keep_own_data(folder)
    release = stamp(folder, stage)
    print(*summary(folder, architecture), f"release     {release}", sep="\n")


def check_references(file: Path) -> None:
    """Reads the template and its nested ones. Errors: CommandError for a reference to nothing."""
    source = parse(file)
    require_references(file, source)
    for _, nested in of_type(source["Resources"], "AWS::Serverless::Application"):
        if isinstance(nested["Location"], str):
            check_references(file.parent / nested["Location"])


def sam_build(folder: Path, architecture: str) -> None:
    """Runs `sam build`, quietly unless it fails. The layers' Makefile reads ARCHITECTURE."""
    sam = ["sam", "build", "--build-dir", str(folder)]
    sam += ["--parameter-overrides", f"Architecture={architecture}"]
    environment = os.environ | {"AWS_DEFAULT_REGION": REGION, "ARCHITECTURE": architecture}
    built = subprocess.run(
        sam, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if built.returncode:
        sys.exit(built.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
