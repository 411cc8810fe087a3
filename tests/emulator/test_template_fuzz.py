"""Generated templates end in service or in one sentence, never in a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.emulator.command_error import CommandError
from infra.emulator.template import load

NAMES = st.sampled_from(["F", "G", "Api", "L", "P", "Q", "C", "AWS::Region", "AWS::NoValue", "F.Arn", ""])
WORDS = """a code . / /a/{b} s3://b/k python3.13 app.handler 1 true ${P} ${!P} ${F.Arn} {{resolve:ssm:p}}
HttpApi 2.0 AWS::Serverless::Function AWS::Serverless::HttpApi"""
CALLS = """Ref Fn::GetAtt Fn::Sub Fn::Join Fn::Select Fn::Split Fn::If Fn::FindInMap Fn::Base64
Fn::ImportValue Fn::Cidr Condition Fn::Equals"""
PROPERTIES = """
Handler Runtime CodeUri InlineCode Layers Environment Variables Events Timeout Auth Path Method
ApiId StageName DefinitionBody CorsConfiguration AllowOrigins paths get Properties Type Authorizers X Default
JwtConfiguration issuer audience RouteSettings openapi Location Parameters DefaultRouteSettings security /a
ThrottlingRateLimit"""
TEXTS = st.sampled_from(["", *WORDS.split()])
SCALARS = st.none() | st.booleans() | st.integers(-1, 3) | st.floats(-1, 2) | TEXTS
FUNCTIONS = st.sampled_from(CALLS.split())
KEYS = st.sampled_from(PROPERTIES.split())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.builds(lambda name, value: {name: value}, FUNCTIONS, inner | NAMES)
    ),
    max_leaves=12,
)
EVENTS = st.fixed_dictionaries(
    {"Type": st.sampled_from(["HttpApi", "Api", "SQS"]) | VALUES},
    optional={
        "Properties": st.just({"Path": "/a", "Method": "get"})
        | st.dictionaries(st.sampled_from(["Path", "Method", "ApiId", "Auth"]), VALUES)
    },
)
FUNCTION = st.fixed_dictionaries(
    {"Handler": st.just("app.handler") | VALUES, "Runtime": st.just("python3.13") | VALUES},
    optional={
        "CodeUri": st.just("code") | VALUES,
        "Layers": st.lists(st.just({"Ref": "L"}) | VALUES, max_size=2) | VALUES,
        "Environment": st.fixed_dictionaries(
            {"Variables": st.dictionaries(KEYS, VALUES, max_size=3) | VALUES}
        ),
        "Events": st.dictionaries(st.sampled_from("EI"), EVENTS, max_size=2) | VALUES,
        "Timeout": VALUES,
        "FunctionName": VALUES,
    },
)
API = st.fixed_dictionaries(
    {},
    optional={
        "StageName": VALUES,
        "CorsConfiguration": VALUES,
        "Auth": VALUES,
        "RouteSettings": VALUES,
        "DefaultRouteSettings": VALUES,
        "DefinitionBody": VALUES
        | st.fixed_dictionaries(
            {"openapi": st.just("3.0.1"), "paths": st.dictionaries(TEXTS, st.dictionaries(KEYS, VALUES))}
        ),
    },
)


def resource(type_: str, properties: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"Type": st.just(type_), "Properties": properties},
        optional={"Condition": st.sampled_from(["C", "D"]) | VALUES},
    )


CONDITION = st.sampled_from([{"Fn::Equals": ["a", "a"]}, {"Fn::Not": [{"Condition": "C"}]}]) | VALUES
PARAMETER = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(
            ["String", "Number", "CommaDelimitedList", "AWS::SSM::Parameter::Value<String>"]
        )
    },
    optional={"Default": SCALARS},
)
TEMPLATES = st.fixed_dictionaries(
    {
        "Resources": st.fixed_dictionaries(
            {"F": resource("AWS::Serverless::Function", FUNCTION)},
            optional={
                "G": resource("AWS::Serverless::Function", FUNCTION),
                "Api": resource("AWS::Serverless::HttpApi", API),
                "L": resource("AWS::Serverless::LayerVersion", st.just({"ContentUri": "code"})),
            },
        ),
        "Conditions": st.fixed_dictionaries({"C": st.just({"Fn::Equals": ["a", "a"]}), "D": CONDITION}),
        "Parameters": st.fixed_dictionaries({"P": PARAMETER, "Q": PARAMETER}),
    },
    optional={
        "Globals": st.dictionaries(st.sampled_from(["Function", "HttpApi"]), VALUES),
        "Mappings": VALUES,
        "Transform": VALUES,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "code").mkdir()
    return folder


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(template=TEMPLATES, known=st.dictionaries(NAMES, TEXTS, max_size=2))
def test_a_generated_template_is_served_or_refused_in_a_sentence(
    template: Any, known: dict[str, str], folder: Path
) -> None:
    file = folder / "template.yaml"
    file.write_text(json.dumps(template))
    try:
        loaded = load(file, "", {}, known, one_origin=False)
    except CommandError as error:
        assert str(error).strip()
        assert "\n" not in str(error)
    else:
        assert all(route.function in loaded.functions for route in loaded.routes)
