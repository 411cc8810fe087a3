"""`python -m infra.tools.deployment.build BUILD_DIR ARCHITECTURE STAGE`: builds what `sam deploy` uploads.

`sam build` alone would ship sources without bytecode, the data of every domain in each function, and no
release stamp.
"""

import os
import subprocess
import sys
from pathlib import Path

from infra.deployed.layers.build_layer import compile_in_place
from infra.tools.deployment.artifact import keep_own_data, summary
from infra.tools.deployment.samconfig import configuration
from infra.tools.deployment.stamp import stamp

# The templates' translation needs some region.
REGION = "us-east-1"


def main(folder: Path, architecture: str, stage_name: str) -> None:
    stage = configuration(stage_name)
    sam_build(folder, architecture)
    compile_in_place([*folder.glob("*Function"), *folder.glob("*/*Function")])
    keep_own_data(folder)
    release = stamp(folder, stage)
    print(*summary(folder, architecture), f"release     {release}", sep="\n")


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
