"""CloudFront and its web ACL before the API: they pass requests to the functions, or refuse them."""

import re
from typing import Any

from shared.http.edge import SECRET
from shared.http.event import SECURITY_HEADERS

import pytest

from accounts.refresh_cookie import NAME
from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_template import EDGE, Resources, translated
from tests.support.client import ROUTES

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront, "Use managed cache policies"
# CloudFront, "HTTP 4xx and 5xx status codes that CloudFront caches", as far as a minimum can be set.
KEPT_ERRORS = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
# WAF, "Baseline rule groups": their rules that look at bodies.
ABOUT_BODIES = {
    "AWSManagedRulesCommonRuleSet": {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
    },
    "AWSManagedRulesKnownBadInputsRuleSet": {
        "JavaDeserializationRCE_BODY",
        "Log4JRCE_BODY",
        "ReactJSRCE_BODY",
    },
}
LET_THROUGH = {"NoUserAgent_HEADER"}
OTHER_COOKIES = "the refresh token's cookie, or others with it"
GATEWAYS_PATIENCE = 30  # seconds


def one(resources: Resources, type_: str) -> dict[str, Any]:
    [(_, properties)] = of_type(resources, type_)
    return properties


def distribution(edge: Resources) -> dict[str, Any]:
    config: dict[str, Any] = one(edge, "AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def lost_on_the_way(edge: Resources) -> set[str]:
    """What the API asks of a call or of an answer, and would not get."""
    config, found = distribution(edge), set()
    behavior, [origin] = config["DefaultCacheBehavior"], config["Origins"]
    policy = one(edge, "AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    # The one behaviour that adds the viewer's address to all headers, Authorization included.
    if policy["HeadersConfig"] != {
        "HeaderBehavior": "allViewerAndWhitelistCloudFront",
        "Headers": ["CloudFront-Viewer-Address"],
    } or behavior.get("OriginRequestPolicyId") != {"Ref": "Forwarding"}:
        found.add("headers")
    if policy["CookiesConfig"] != {"CookieBehavior": "whitelist", "Cookies": [NAME]}:
        found.add(OTHER_COOKIES)
    if policy["QueryStringsConfig"]["QueryStringBehavior"] != "all":
        found.add("query strings")
    if not {row["method"] for row in ROUTES} | {"OPTIONS"} <= set(behavior["AllowedMethods"]):
        found.add("methods")
    if behavior["Compress"] is not False:
        found.add("strong ETags")
    if behavior["CachePolicyId"] != CACHING_DISABLED or config.get("CacheBehaviors"):
        found.add("answers of now")
    fresh = {each["ErrorCode"] for each in config["CustomErrorResponses"] if each["ErrorCachingMinTTL"] == 0}
    if fresh != KEPT_ERRORS or any("ResponsePagePath" in each for each in config["CustomErrorResponses"]):
        found.add("errors of now")
    if origin["CustomOriginConfig"]["OriginReadTimeout"] <= GATEWAYS_PATIENCE:
        found.add("the gateway's own 503")
    records = one(edge, "AWS::Route53::RecordSetGroup")["RecordSets"]
    if {each["Type"] for each in records} != {"A", "AAAA"}:
        found.add("a name for IPv4 and IPv6")
    return found


def bare(edge: Resources) -> set[str]:
    """Security headers that the edge does not put on every answer, or that speak for other names too."""
    policy = one(edge, "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    transport = policy["SecurityHeadersConfig"]["StrictTransportSecurity"]
    attached = distribution(edge)["DefaultCacheBehavior"].get("ResponseHeadersPolicyId") == {
        "Ref": "Security"
    }
    alone = not transport["IncludeSubdomains"] and not transport["Preload"]
    same = f"max-age={transport['AccessControlMaxAgeSec']}" == SECURITY_HEADERS["strict-transport-security"]
    return set() if attached and alone and same else {"security headers"}


def unprotected(edge: Resources) -> set[str]:
    """What a stranger could read or go around."""
    config, found = distribution(edge), set()
    [origin] = config["Origins"]
    if config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] != "https-only":
        found.add("a token in the clear")
    if origin["CustomOriginConfig"]["OriginProtocolPolicy"] != "https-only":
        found.add("a secret in the clear")
    if config.get("WebACLId") != {"Fn::GetAtt": ["WebAcl", "Arn"]}:
        found.add("no web ACL")
    if origin.get("OriginCustomHeaders") != [
        {"HeaderName": SECRET.title(), "HeaderValue": {"Fn::Sub": "{{resolve:ssm:${OriginSecret}}}"}}
    ]:
        found.add("no secret, or one in the template")
    if "${OriginSecret}" not in str(
        config["Comment"]
    ):  # CloudFormation does not resolve anew what looks the same
        found.add("a new secret that is not seen")
    log = one(edge, "AWS::WAFv2::LoggingConfiguration")
    if {"SingleHeader": {"Name": "authorization"}} not in log.get("RedactedFields", []):
        found.add("tokens in a log")
    if ":*" in str(log["LogDestinationConfigs"]) or "GetAtt" in str(log["LogDestinationConfigs"]):
        found.add("a log's ARN that WAF does not take")
    names = [str(group["LogGroupName"]) for _, group in of_type(edge, "AWS::Logs::LogGroup")]
    if not any(name.startswith("{'Fn::Sub': 'aws-waf-logs-") for name in names):
        found.add("a log's name that WAF does not take")
    return found


def misjudged(edge: Resources) -> set[str]:
    """What the web ACL would refuse though it is fine, or let through though it is not."""
    acl, found = one(edge, "AWS::WAFv2::WebACL"), set()
    if acl["Scope"] != "CLOUDFRONT" or acl["DefaultAction"] != {"Allow": {}}:
        found.add("not CloudFront's")
    groups = {}
    for rule in acl["Rules"]:
        if group := rule["Statement"].get("ManagedRuleGroupStatement"):
            groups[group["Name"]] = group
            if rule["OverrideAction"] != {"None": {}}:
                found.add(f"{group['Name']} lets all through")
        elif (
            rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP" and "Block" in rule["Action"]
        ):
            groups["rate"] = {}
    found |= {f"{name} is missing" for name in {*ABOUT_BODIES, "rate"} - set(groups)}
    for name, about_bodies in ABOUT_BODIES.items():
        overrides = groups.get(name, {}).get("RuleActionOverrides", [])
        counted = {each["Name"] for each in overrides if each["ActionToUse"] == {"Count": {}}}
        found |= {f"{rule} refuses what people write" for rule in about_bodies - counted}
        found |= {f"{rule} lets through" for rule in counted - about_bodies - LET_THROUGH}
    return found


def faults(edge: Resources) -> set[str]:
    return lost_on_the_way(edge) | unprotected(edge) | misjudged(edge) | bare(edge)


def test_calls_arrive_whole_and_what_is_bad_does_not() -> None:
    assert faults(translated(EDGE)) == set()


CONFIG = ("Distribution", "Properties", "DistributionConfig")
BEHAVIOR, ORIGIN = (*CONFIG, "DefaultCacheBehavior"), (*CONFIG, "Origins", 0)
POLICY = ("Forwarding", "Properties", "OriginRequestPolicyConfig")
ACL = ("WebAcl", "Properties")
COUNT = {"Name": "Log4JRCE_HEADER", "ActionToUse": {"Count": {}}}
ARN = [{"Fn::GetAtt": ["RefusalLogGroup", "Arn"]}]

TRANSPORT = (
    *("Security", "Properties", "ResponseHeadersPolicyConfig"),
    *("SecurityHeadersConfig", "StrictTransportSecurity"),
)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ((*POLICY, "HeadersConfig"), {"HeaderBehavior": "allExcept", "Headers": ["Host"]}, "headers"),
        ((*POLICY, "HeadersConfig"), {"HeaderBehavior": "allViewer"}, "headers"),
        ((*BEHAVIOR, "OriginRequestPolicyId"), "b689b0a8-53d0-40ab-baf2-68738e2966ac", "headers"),
        ((*POLICY, "CookiesConfig"), {"CookieBehavior": "none"}, OTHER_COOKIES),
        ((*POLICY, "CookiesConfig"), {"CookieBehavior": "all"}, OTHER_COOKIES),
        ((*POLICY, "QueryStringsConfig", "QueryStringBehavior"), "none", "query strings"),
        ((*BEHAVIOR, "AllowedMethods"), ["GET", "HEAD", "OPTIONS"], "methods"),
        ((*BEHAVIOR, "Compress"), True, "strong ETags"),
        ((*BEHAVIOR, "CachePolicyId"), "658327ea-f89d-4fab-a63d-7e88639e58f6", "answers of now"),
        ((*CONFIG, "CustomErrorResponses", 5, "ErrorCachingMinTTL"), 10, "errors of now"),
        ((*CONFIG, "CustomErrorResponses"), [], "errors of now"),
        ((*ORIGIN, "CustomOriginConfig", "OriginReadTimeout"), 30, "the gateway's own 503"),
        (("Names", "Properties", "RecordSets"), [{"Type": "A"}], "a name for IPv4 and IPv6"),
        ((*BEHAVIOR, "ViewerProtocolPolicy"), "redirect-to-https", "a token in the clear"),
        ((*ORIGIN, "CustomOriginConfig", "OriginProtocolPolicy"), "match-viewer", "a secret in the clear"),
        ((*CONFIG, "WebACLId"), None, "no web ACL"),
        ((*BEHAVIOR, "ResponseHeadersPolicyId"), None, "security headers"),
        ((*TRANSPORT, "IncludeSubdomains"), True, "security headers"),
        ((*TRANSPORT, "Preload"), True, "security headers"),
        ((*TRANSPORT, "AccessControlMaxAgeSec"), 300, "security headers"),
        ((*ORIGIN, "OriginCustomHeaders"), [], "no secret, or one in the template"),
        ((*ORIGIN, "OriginCustomHeaders", 0, "HeaderValue"), "s" * 32, "no secret, or one in the template"),
        ((*CONFIG, "Comment"), "acme", "a new secret that is not seen"),
        (("Refusals", "Properties", "RedactedFields"), [], "tokens in a log"),
        (("Refusals", "Properties", "LogDestinationConfigs"), ARN, "a log's ARN that WAF does not take"),
        (
            ("RefusalLogGroup", "Properties", "LogGroupName"),
            {"Fn::Sub": "/${Product}/${Stage}/edge"},
            "a log's name that WAF does not take",
        ),
        ((*ACL, "Scope"), "REGIONAL", "not CloudFront's"),
        ((*ACL, "Rules", 0, "Action"), {"Count": {}}, "rate is missing"),
        (
            (*ACL, "Rules", 1, "OverrideAction"),
            {"Count": {}},
            "AWSManagedRulesKnownBadInputsRuleSet lets all through",
        ),
        (
            (*ACL, "Rules", 2, "Statement", "ManagedRuleGroupStatement", "RuleActionOverrides", 0, "Name"),
            "SizeRestrictions_URIPATH",
            "SizeRestrictions_BODY refuses what people write",
        ),
        (
            (*ACL, "Rules", 1, "Statement", "ManagedRuleGroupStatement", "RuleActionOverrides", 1),
            COUNT,
            "Log4JRCE_HEADER lets through",
        ),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_let_in_is_seen(path: tuple[Any, ...], value: Any, found: str) -> None:
    edge: Any = translated(EDGE)
    inner = edge
    for key in path[:-1]:
        inner = inner[key]
    assert path[-1] in (inner if isinstance(inner, dict) else range(len(inner)))
    inner[path[-1]] = value
    assert found in faults(edge)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Certificate", "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b"),
        ("Origin", "abc123.execute-api.eu-north-1.amazonaws.com"),  # the default endpoint, which is off
        ("Origin", "api.example.com"),  # which leads to CloudFront itself
        ("OriginSecret", "s" * 32),
        ("OriginSecret", "/acme/prod/origin-secret"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(parameter: str, value: str) -> None:
    assert not re.fullmatch(parse(EDGE)["Parameters"][parameter]["AllowedPattern"], value)
