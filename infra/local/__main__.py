"""`python -m infra.local`: the whole API on this machine, until Ctrl-C."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules load prints no traceback


def main() -> None:
    import asyncio

    from infra.local.config import read_config

    config = read_config()
    from infra.local.stack import serve  # takes a second, so only after the settings are valid

    asyncio.run(serve(config))


if __name__ == "__main__":
    from infra.local.command import run

    run(main)
