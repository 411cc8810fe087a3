import gc
import os
import random
import signal
import sys
import threading
import uuid
from pathlib import Path

import library

VERSION = 1
at_import = sorted(sys.modules)


def handler(event, context):
    return {
        "pid": os.getpid(),
        "random": [random.random(), str(uuid.uuid4())],
        "version": VERSION,
        "compared": {
            "modules": at_import,
            "touched by": library.touched_by,
            "variables": {name: value for name, value in os.environ.items() if name not in UNIQUE},
            "folder": str(Path.cwd()),
            "arguments": sys.argv,
            "path": sys.path,
            "finders": [str(finder).partition(" at ")[0] for finder in sys.meta_path],
            "main": sys.modules["__main__"].__spec__ and sys.modules["__main__"].__spec__.name,
            "descriptors": sorted(kinds()),
            "threads": threading.active_count(),
            "signals": [str(signal.getsignal(number)) for number in signal.valid_signals()],
            "leads its session": os.getsid(0) == os.getpid(),
            "flags": str(sys.flags),
            "collector": gc.isenabled(),
            "priority": os.nice(0),
            "hooks": str(sys.excepthook),
        },
    }


UNIQUE = {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID"}


def kinds():
    """Of the open descriptors; which pipe or socket it is, is left out."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            target = str(entry.readlink()).partition(":")[0]
        except OSError:
            continue  # the listing's own
        yield f"{'standard ' if int(entry.name) < 3 else ''}{target}"
