"""Rules of access by the route table: a sentence for each route that admits or rejects the wrong callers."""

from collections.abc import Iterator

from tests.support.sample_calls import TABLE, World, samples


def without_claims(world: World, operation: str) -> Iterator[str]:
    """Anyone may call what is public, and nothing else."""
    row = TABLE[operation]
    allowed = int(row["status"]) if row["auth"] == "-" else 401
    path, body = world.path(samples()[operation].path), world.body(operation)
    answer = world.anyone.call(row["method"], path, json=body)
    if answer.status == allowed:
        return
    if row["auth"] == "-":
        yield f"{operation} is public and answers {answer.status} without claims: take its caller away"
    else:
        yield f"{operation} answers {answer.status} without claims: give it caller: CurrentUser"


def as_a_user(world: World, operation: str) -> Iterator[str]:
    """Admins alone may call what is theirs."""
    if TABLE[operation]["auth"] == "A" and (status := world.call(operation, world.user()).status) != 403:
        yield f"{operation} answers {status} to who is no admin: give it caller: Admin"


def as_a_stranger(world: World, operation: str) -> Iterator[str]:
    """Another one's row is refused, or not there, and stays as it is."""
    row = TABLE[operation]
    if not row["auth"].startswith("O"):
        return
    refused = int(row["auth"].removeprefix("O"))
    owner, stranger = world.user(), world.user()
    path, body = world.path(samples()[operation].path, owner), world.body(operation)
    answer = stranger.call(row["method"], path, json=body)
    if answer.status != refused:
        yield f"{operation} answers {answer.status} to a stranger: refuse with {refused} who is not the owner"
    elif (status := owner.call(row["method"], path, json=body).status) != int(row["status"]):
        yield f"{operation} answers {status} to the owner after a stranger's call: it changed something"


def a_list_for_a_stranger(world: World, operation: str) -> Iterator[str]:
    """A list of rows of which each is its owner's alone to see shows nobody another one's."""
    sample, row = samples()[operation], TABLE[operation]
    one = f"GET {row['path']}/{{id}}"
    if "O404" not in [each["auth"] for each in TABLE.values() if f"{each['method']} {each['path']}" == one]:
        return
    path = world.path(sample.path)
    assert sample.rows is not None
    sample.rows.add(world, path)
    if world.user().get(path).json() != []:
        yield f"{operation} shows a stranger another one's rows: select those of the caller"
