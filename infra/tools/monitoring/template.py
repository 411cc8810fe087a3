"""Writes infra/stacks/observability.yaml from the declarations."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shared.runtime.product import NAMESPACE

from infra.tools.monitoring.declaration import Alarm

HEAD = (Path(__file__).parent / "head.yaml").read_text().replace("NAMESPACE", NAMESPACE)
SHARE = "100 * part / whole"


def template(declarations: Iterable[Alarm]) -> str:
    alarms = list(declarations)
    return (
        "\n".join([HEAD.rstrip(), *_dashboard(alarms), *(line for each in alarms for line in _alarm(each))])
        + "\n"
    )


def _dashboard(alarms: list[Alarm]) -> Iterator[str]:
    yield from (
        "",
        "  Dashboard:",
        "    Type: AWS::CloudWatch::Dashboard",
        "    Properties:",
        "      DashboardName: !Sub ${Product}-${Stage}",
        "      DashboardBody: !Sub",
        """        - '{"widgets": [${Widgets}]}'""",
        "        - Widgets: !Join",
        '            - ","',
    )
    for number, each in enumerate(alarms):
        text = "!Sub '" + json.dumps(_widget(each)).replace("'", "''") + "'"
        conditional = f"!If [{each.condition}, {text}, !Ref AWS::NoValue]" if each.condition else text
        yield f"            {'  ' if number else '- '}- {conditional}"


def _widget(each: Alarm) -> dict[str, Any]:
    metric = [each.source.namespace, each.metric, *(part for pair in each.source.dimensions for part in pair)]
    metrics: list[list[Any]] = [metric]
    if each.percent_of:
        whole = [metric[0], each.percent_of, *metric[2:], {"id": "whole", "visible": False}]
        metrics = [
            [{"expression": SHARE, "label": each.name}],
            [*metric, {"id": "part", "visible": False}],
            whole,
        ]
    return {
        "type": "metric",
        "width": 8,
        "height": 5,
        "properties": {
            "title": each.title,
            "region": "${AWS::Region}",
            "stat": each.statistic,
            "period": each.period,
            "metrics": metrics,
            "annotations": {"horizontal": [{"label": "alarm", "value": each.threshold}]},
        },
    }


def _alarm(each: Alarm) -> Iterator[str]:
    yield from ("", f"  {each.name}:", "    Type: AWS::CloudWatch::Alarm")
    if each.condition:
        yield f"    Condition: {each.condition}"
    yield from (
        "    Properties:",
        f"      AlarmDescription: {_description(each)}",
        *(f"      {line}" for line in (_share(each) if each.percent_of else _metric(each))),
        f"      EvaluationPeriods: {each.times}",
        f"      Threshold: {each.threshold}",
        f"      ComparisonOperator: {each.comparison}",
        "      TreatMissingData: notBreaching # nothing was called, or nothing went wrong",
        "      AlarmActions: !If [Told, [!Ref AlarmTopic], !Ref AWS::NoValue]",
        "      OKActions: !If [Told, [!Ref AlarmTopic], !Ref AWS::NoValue]",
    )


def _description(each: Alarm) -> str:
    text = json.dumps(f"{each.means}. First: {each.first}.", ensure_ascii=False)
    return f"!Sub {text}" if "${" in text else text


def _metric(each: Alarm) -> Iterator[str]:
    yield f"Namespace: {_sub(each.source.namespace)}"
    yield f"MetricName: {each.metric}"
    if each.source.dimensions:
        yield f"Dimensions: [{_dimensions(each)}]"
    if each.statistic.startswith("p"):
        yield f"ExtendedStatistic: {each.statistic}"
        yield "EvaluateLowSampleCountPercentile: ignore # of few calls one from cold would ring"
    else:
        yield f"Statistic: {each.statistic}"
    yield f"Period: {each.period} # seconds"


def _share(each: Alarm) -> Iterator[str]:
    yield "Metrics:"
    yield f"  - {{Id: share, Expression: {SHARE}, Label: {each.name}, ReturnData: true}}"
    for name, metric in (("part", each.metric), ("whole", each.percent_of)):
        identity = (
            f"Namespace: {each.source.namespace}, MetricName: {metric}, Dimensions: [{_dimensions(each)}]"
        )
        stat = f"{{Metric: {{{identity}}}, Period: {each.period}, Stat: {each.statistic}}}"
        yield f"  - {{Id: {name}, ReturnData: false, MetricStat: {stat}}}"


def _dimensions(each: Alarm) -> str:
    return ", ".join(f"{{Name: {name}, Value: {_sub(value)}}}" for name, value in each.source.dimensions)


def _sub(text: str) -> str:
    """Returns CloudFormation's form of a parameter by itself or within a text."""
    if text.startswith("${") and text.endswith("}"):
        return f"!Ref {text[2:-1]}"
    return f'!Sub "{text}"' if "${" in text else text
