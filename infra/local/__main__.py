"""`python -m infra.local`: the whole API on this machine, until Ctrl-C."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, an interrupt leaves no trace


def main() -> None:
    import asyncio

    from infra.local.config import read_config

    config = read_config()
    from infra.local.stack import serve  # a second of imports, not spent on a setting that cannot be used

    asyncio.run(serve(config))


if __name__ == "__main__":
    from infra.local.command import run

    run(main)
