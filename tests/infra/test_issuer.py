"""The built-in issuer's two documents answer in time, from cold, and with this release's keys."""

import copy
import json
import subprocess
import sys
from typing import Any

from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_template import Resources, translated
from tests.support.client import ROOT

DOCUMENTS = {"OpenidConfigurationFunction", "JwksFunction"}
READS = 2  # documents that a gateway reads for a request, where it has not kept them


def faults(identity: Resources, highest: int) -> set[str]:
    """What would have the gateway wait for its documents, or read those of another release."""
    functions = dict(of_type(identity, "AWS::Lambda::Function"))
    found = {f"{name} has layers" for name in DOCUMENTS if functions[name].get("Layers")}
    found |= {f"{name} is in a network" for name in DOCUMENTS if "VpcConfig" in functions[name]}
    found |= {f"{name} asks KMS" for name in DOCUMENTS if "SigningKey" in json.dumps(functions[name])}
    settings = _of(identity, "AWS::ApiGatewayV2::Stage", "DefaultRouteSettings")
    if settings["ThrottlingRateLimit"] < READS * highest:
        found.add("the throttle is below the API's")
    waiting = identity["Discovery"]["Properties"]
    if {each["Ref"] for each in waiting.get("Functions", [])} != {f"{name}Aliaslive" for name in DOCUMENTS}:
        found.add("Discovery does not wait for both aliases")
    for name in ("Discovery", "KeySet"):
        if identity[name]["Properties"].get("Release") != "unstamped":
            found.add(f"{name} does not run at each release")
    if waiting.get("KeyIds") != {"Fn::GetAtt": ["KeySet", "KeyIds"]}:
        found.add("Discovery does not know the release's keys")
    return found


def _of(resources: Resources, type_: str, *path: str) -> Any:
    [(_, value)] = of_type(resources, type_)
    for name in path:
        value = value[name]
    return value


def templates() -> tuple[Resources, int]:
    """The issuer's resources, and the most calls a second that the API may be given."""
    rate = parse(ROOT / "template.yaml")["Parameters"]["Rate"]
    return translated(ROOT / "infra/stacks/identity.yaml"), int(rate["MaxValue"])


def test_the_documents_are_ready_when_the_gateway_asks() -> None:
    assert faults(*templates()) == set()


def test_what_would_make_them_late_is_seen() -> None:
    identity, highest = templates()

    def mutated(resource: str, name: str, value: Any) -> set[str]:
        changed = copy.deepcopy(identity)
        changed[resource]["Properties"][name] = value
        return faults(changed, highest)

    function = "JwksFunction"
    assert mutated(function, "Layers", [{"Ref": "SharedLayer"}]) == {f"{function} has layers"}
    assert mutated(function, "VpcConfig", {}) == {f"{function} is in a network"}
    variables = {"Variables": {"SIGNING_KEY": {"Ref": "SigningKeyA"}}}
    assert mutated(function, "Environment", variables) == {f"{function} asks KMS"}
    slow = {"ThrottlingRateLimit": 100}
    assert mutated("ApiApiGatewayDefaultStage", "DefaultRouteSettings", slow) == {
        "the throttle is below the API's"
    }
    one = [{"Ref": "JwksFunctionAliaslive"}]
    assert mutated("Discovery", "Functions", one) == {"Discovery does not wait for both aliases"}
    for name in ("Discovery", "KeySet"):
        assert mutated(name, "Release", "1") == {f"{name} does not run at each release"}
    assert mutated("Discovery", "KeyIds", "1") == {"Discovery does not know the release's keys"}


def test_they_load_nothing_but_the_standard_library() -> None:
    script = (
        "import json, sys\n"
        f"sys.path = [{str(ROOT / 'functions')!r}, *sys.path]\n"
        "from meta import jwks, openid_configuration\n"
        "event = {'requestContext': {'requestId': '1'}, 'stageVariables': {'Issuer': 'https://issuer.test'}}\n"
        "assert jwks.handler(event, None)['body'] == '{}'\n"
        "assert json.loads(openid_configuration.handler(event, None)['body'])['issuer'] == 'https://issuer.test'\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], env={"KEY_SET": "{}"}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert set(json.loads(ran.stdout)) - sys.stdlib_module_names <= {"meta", "__main__"}
