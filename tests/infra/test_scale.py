"""docs/scale-and-cost.md states what its model computes, and the model what a hand can compute."""

import re
from dataclasses import replace
from math import sqrt

import pytest

from infra.tools.scale.cost import HOURS, Bill, million_times
from infra.tools.scale.model import RATES, Model, at_once
from infra.tools.scale.parts import parts
from infra.tools.scale.stages import Deployed, deployed
from infra.tools.scale.tables import filled, point, steps, tables
from infra.tools.scale.values import ASSUMPTIONS, PRICES, Entry, Values, load
from tests.performance import report
from tests.performance.prices import million_requests
from tests.performance.scaling import rewritten
from tests.support.client import ROOT

VALUES, PRICE_LIST = load(ASSUMPTIONS), load(PRICES)
PROD = Model(VALUES, deployed("prod"))
PARTS = parts(Bill(PROD, PRICE_LIST))


def values(**changed: float) -> Values:
    """The assumptions, with others in the place of some; `__` is a dot."""
    entries = dict(VALUES.entries)
    for name, value in changed.items():
        name = name.replace("__", ".")
        entries[name] = replace(entries[name], value=value)
    return Values(entries)


class TestDocuments:
    def test_they_are_what_the_script_makes(self) -> None:
        text = (ROOT / "docs/scale-and-cost.md").read_text()
        assert text == filled(text, tables(VALUES, PRICE_LIST)), "make scale"

    @pytest.mark.parametrize(
        ("name", "mark"),
        [("get_item.database", "needs"), ("cold.share", "million"), ("limit.gateway", "order")],
    )
    def test_another_assumption_makes_another_table(self, name: str, mark: str) -> None:
        another = values(**{name.replace(".", "__"): VALUES[name] * 2})
        assert tables(another, PRICE_LIST)[mark] != tables(VALUES, PRICE_LIST)[mark]

    def test_a_table_without_a_place_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="needs"):
            filled("no mark", {"needs": "| |"})

    def test_every_value_and_price_has_a_unit_and_a_source(self) -> None:
        entries = {**VALUES.entries, **PRICE_LIST.entries}
        assert [name for name, each in entries.items() if not (each.unit and each.source)] == []

    def test_every_value_and_price_is_used(self) -> None:
        files = [*(ROOT / "infra/tools/scale").glob("*.py"), ROOT / "tests/performance/prices.py"]
        code = " ".join(file.read_text() for file in files)
        quoted = set(re.findall(r"""["'][\w.]+["']""", code))
        families = {"mix", "round_trips", "commits", "signatures", "connections", "point", *PROD.mix}
        singles = {**VALUES.entries, **PRICE_LIST.entries}
        unused = [
            name
            for name in singles
            if name.split(".")[0] not in families and not {f'"{name}"', f"'{name}'"} & quoted
        ]
        assert unused == []

    def test_the_prices_of_the_performance_report_are_these(self) -> None:
        template = report.TEXT.read_text().partition("## What a million reads cost")[2]
        written = (ROOT / "docs/performance.md").read_text().partition("## What a million reads cost")[2]
        assert written == template.format(**report.prices())


class TestModel:
    def test_the_mix_is_of_all_calls(self) -> None:
        assert sum(PROD.mix.values()) == pytest.approx(1)

    def test_its_round_trips_are_those_that_the_contract_counts(self) -> None:
        files = [ROOT / f"tests/{folder}/round_trips.csv" for folder in ("integration", "accounts")]
        lines = [line for file in files for line in file.read_text().splitlines()[1:]]
        counted = {line.split(",")[0]: float(line.split(",")[1]) for line in lines}
        assert PROD.of("round_trips", "login") == counted["login"]
        assert PROD.of("round_trips", "refresh") == counted["refresh"]
        assert PROD.of("round_trips", "get_item") == counted["read"]

    def test_what_is_at_once_is_rate_times_time_and_three_deviations(self) -> None:
        assert at_once(400, 0.25) == 100 + 3 * 10

    def test_a_point_that_a_hand_can_compute(self) -> None:
        """One operation: 10 ms of a processor, of which the function has half; two round trips; a commit."""
        changed = values(
            **{f"mix__{name}": float(name == "create_item") for name in PROD.mix},
            create_item__function=0.010, create_item__hold=0.002, create_item__database=0.0007,
            round_trips__create_item=2, commits__create_item=1,
            network__round_trip=0.001, aurora__commit=0.004,
            cold__share=0.0, function__whole_processor=2048.0, aurora__used=0.7, aurora__acu_of_a_processor=4,
        )  # fmt: skip
        model = Model(changed, replace(PROD.deployed, memory=1024))
        assert model.mean_duration == pytest.approx(0.020 + 0.002 + 2 * 0.001 + 0.004)  # 28 ms
        assert model.held("create_item") == pytest.approx(
            0.002 + 0.001 + 0.004
        )  # a round trip between BEGIN and COMMIT
        assert model.connections(1000) == pytest.approx(7 + 3 * sqrt(7))
        assert model.capacity(1000) == pytest.approx(1000 * 0.0007 / 0.7 * 4)  # 4 capacity units
        assert model.writes_capacity(1000) == model.capacity(1000)

    def test_a_crowd_from_nothing_starts_an_environment_a_call(self) -> None:
        """The busiest function has half of the calls; it starts in 0.5 s at half a processor."""
        shares = {f"mix__{name}": 0.0 for name in PROD.mix} | {"mix__get_item": 0.5, "mix__list_items": 0.5}
        changed = values(
            **shares, cold__function=0.25, function__whole_processor=2048.0, network__round_trip=0.0,
            get_item__function=0.0, get_item__hold=0.0, list_items__function=0.0, list_items__hold=0.0,
        )  # fmt: skip
        model = Model(changed, replace(PROD.deployed, memory=1024))
        assert model.from_nothing(400) == pytest.approx(100 + 3 * 10)

    @pytest.mark.parametrize("number", range(len(PARTS)))
    def test_more_calls_need_more_of_each_part_and_it_breaks_where_that_meets_its_limit(
        self, number: int
    ) -> None:
        part = PARTS[number]
        needs = [part.needs(rate) for rate in RATES]
        assert needs == sorted(needs) and needs[0] < needs[-1]
        assert part.needs(part.breaks_at) == pytest.approx(part.limit, rel=1e-6)

    def test_what_breaks_first_at_a_rate_is_what_breaks_at_the_lowest(self) -> None:
        rows = [line.split(" | ") for line in steps(Bill(PROD, PRICE_LIST)).splitlines()[2:]]
        first = min(PARTS, key=lambda part: part.breaks_at)
        assert [row[1] for row in rows] == ["nothing", *[first.name] * 3]
        over = [part.name for part in PARTS if part.use(RATES[-1]) > 1]
        assert {rows[-1][1], *rows[-1][2].split("; ")} == set(over)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("gateway: our throttle", {"throttle": 1000}),
            ("database: capacity", {"capacity": 32}),
            ("proxy: connections in use", {"capacity": 32}),
            ("cache: Valkey", {"ecpu": 50_000}),
            ("Lambda: executions", {"memory": 2048}),
        ],
    )
    def test_what_is_raised_breaks_later(self, name: str, change: dict[str, int]) -> None:
        raised = Model(VALUES, replace(PROD.deployed, **change))
        [before] = [part for part in PARTS if part.name == name]
        [after] = [part for part in parts(Bill(raised, PRICE_LIST)) if part.name == name]
        assert after.breaks_at > before.breaks_at

    def test_the_measured_point_is_within_twice_the_model(self) -> None:
        ratios = [float(line.split("|")[4]) for line in point(PROD).splitlines()[2:]]
        assert len(ratios) == 3 and all(0.5 < ratio < 2 for ratio in ratios)


class TestCost:
    def test_a_month_of_nothing_by_hand(self) -> None:
        """An instance of one capacity unit, the proxy's eight, a key, an endpoint in two zones, two jobs."""
        idle = Bill(Model(VALUES, deployed("default")), PRICE_LIST).idle()
        stored = VALUES["stored.database"] * 0.10
        run = VALUES["jobs.run"] * VALUES["jobs.memory"] / 1024 * 0.0000133334
        jobs = 2 * HOURS * 60 * ((0.20 + 1.00) / 1e6 + run)  # each minute, by Lambda and by its scheduler
        hours = HOURS * (1 * 0.12 + 8 * 0.015 + 2 * 0.01)
        assert sum(idle.values()) == pytest.approx(hours + 1.00 + stored + jobs)

    def test_prod_pays_for_a_second_instance_the_cache_snapshots_and_the_canarys_alarms(self) -> None:
        idle = Bill(PROD, PRICE_LIST).idle()
        assert idle["Aurora, capacity"] == pytest.approx(2 * 2 * 0.12 * HOURS)
        assert all(idle[name] for name in ("Valkey", "Canary's alarms"))
        assert bool(idle["SnapStart"]) == bool(PROD.deployed.chosen)

    def test_a_price_with_tiers_is_paid_tier_by_tier(self) -> None:
        tiered = Values({"x": Entry(0.5, "", "", ((300, 1.0), (100, 0.8)))})
        assert tiered.price("x", 200) == 200
        assert tiered.price("x", 1000) == pytest.approx(300 + 80 + 300)

    def test_a_million_calls_of_a_second_each(self) -> None:
        assert million_requests(PRICE_LIST) == pytest.approx(1.20)
        assert million_times(PRICE_LIST, "x86_64", 1) == pytest.approx(16.6667)

    def test_a_higher_rate_costs_more_in_all_and_less_by_call(self) -> None:
        bill = Bill(PROD, PRICE_LIST)
        months = [sum(bill.at(rate).values()) for rate in RATES]
        assert months == sorted(months)
        by_call = [month / rate for month, rate in zip(months, RATES, strict=True)]
        assert by_call == sorted(by_call, reverse=True)

    def test_what_is_deployed_is_read_from_the_templates(self) -> None:
        prod, default = deployed("prod"), deployed("default")
        assert isinstance(prod, Deployed)
        assert (prod.instances, default.instances) == (2, 1)
        assert prod.cache and not default.cache
        assert prod.snapshots == len(prod.chosen) and default.snapshots == 0


class TestMeasured:
    def test_a_measured_value_takes_the_place_of_its_own_line(self) -> None:
        text = 'a.b = { value = 1, unit = "s" }\na.bc = { value = 2, unit = "s" }\n'
        assert rewritten(text, {"a.b": 0.00123456}) == text.replace("value = 1", "value = 0.00123")

    def test_a_value_without_a_line_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="missing"):
            rewritten("", {"missing": 1})
