"""The rule of scopes by the route table: a sentence for each route that admits a service it should not."""

from collections.abc import Iterator
from dataclasses import replace

from tests.support.client import Client, module_of
from tests.support.sample_calls import TABLE, World, samples

NEAR_MISSES = ("{domain}", "{domain}:", "{domain}:{kind}s", "x{domain}:{kind}", "{domain}:admin", "*", "")
CORE = ("accounts", "meta")


def as_a_service(world: World, operation: str) -> Iterator[str]:
    """Only the route's own scope admits a service, and none to accounts, meta and what admins do."""
    row = TABLE[operation]
    domain, kind = domain_of(operation), "read" if row["method"] == "GET" else "write"
    own, service = f"{domain}:{kind}", new_service(world)
    path, body = world.path(samples()[operation].path, service), world.body(operation)

    def status(scope: str) -> int:
        caller = with_scope(service, scope)
        answer = caller.call(row["method"], path, json=body)
        if answer.status == 403 and row["auth"] != "A":
            assert answer.error == "insufficient_scope"
            asked = "" if domain in CORE else f', scope="{own}"'
            assert answer.headers["www-authenticate"] == f'Bearer error="insufficient_scope"{asked}'
        return answer.status

    near = " ".join(each.format(domain=domain, kind=kind) for each in NEAR_MISSES)
    if (found := status(" ".join([*all_scopes() - {own}, near]))) != 403:
        yield f"{operation} answers {found} to a service without {own}: give it caller: CurrentUser"
        return
    is_open = domain not in CORE and row["auth"] != "A"
    expected = int(row["status"]) if is_open else 403
    if (found := status(own)) != expected:
        yield f"{operation} answers {found} to a service with {own}: it should be {expected}"


def new_service(world: World) -> Client:
    """A service that may do everything that one can be allowed to."""
    user = world._user(f"service:{world.next()}", kind="service")
    assert user.claims is not None
    claims = user.claims | {"client_id": f"service-{user.claims['sub']}", "role": "user"}
    return replace(user, claims=claims | {"scope": " ".join(all_scopes())})


def with_scope(service: Client, scope: str) -> Client:
    assert service.claims is not None
    return replace(service, claims=service.claims | {"scope": scope})


def domain_of(operation: str) -> str:
    return module_of(operation).split(".")[-2]


def all_scopes() -> set[str]:
    """The scopes of all domains in the tables, accounts and meta too, which no service should have."""
    return {f"{domain_of(each)}:{kind}" for each in TABLE for kind in ("read", "write")}
