"""`python -m infra.smoke URL`: a sentence for each thing that does not answer as it should, and then 1."""

import sys

from infra.smoke.api import Api
from infra.smoke.routes import problems, routes
from infra.smoke.story import Stopped, live, sign_in


def main(url: str) -> int:
    api = Api(url.rstrip("/"))
    try:
        token = sign_in(api)
        live(api, token)
    except Stopped as error:
        print(f"error: {error}")
        return 1
    found = problems(api, token)
    for each in found:
        print(f"error: {each}")
    if not found:
        print(
            f"{url}: a user signed in, made an item, read and deleted it; all {len(routes())} routes answer"
        )
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        sys.exit("error: say where: make smoke URL=https://...")
    sys.exit(main(sys.argv[1]))
