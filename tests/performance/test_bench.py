"""The benchmark's own arithmetic and what it writes; that its rows run is for `make bench` to show."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import performance
from tests.performance import report
from tests.performance.__main__ import chosen_rows
from tests.performance.comparison import ratio
from tests.performance.rows import ROWS
from tests.performance.table import Figure
from tests.support.client import ROOT


def test_a_figure_is_one_line_with_its_verdict_last() -> None:
    missed = Figure("cold / stock", 0.846, 0.45, "0.80 to 0.90")
    assert " ".join(missed.line().split()) == "cold / stock ≤ 0.45 0.85 0.80 to 0.90 missed"
    assert " ".join(Figure("round trips: read", 1, 1).line().split()) == "round trips: read ≤ 1 1 met"
    assert " ".join(Figure("cold / monolith", 1.5).line().split()) == "cold / monolith 1.50"


def test_a_target_is_met_or_missed_by_what_was_measured_rather_than_by_what_is_shown() -> None:
    assert Figure("cold / stock", 0.454, 0.45).verdict == "missed"


def test_pairs_alternate_and_the_median_of_their_ratios_counts() -> None:
    order: list[str] = []
    slow = iter([2.0, 4.0, 30.0])  # one pair is disturbed

    def one() -> float:
        order.append("one")
        return next(slow)

    def other() -> float:
        order.append("other")
        return 2.0

    measured = ratio(one, other, 3)
    assert order == ["other", "one", "one", "other", "other", "one"]
    assert (measured.median, measured.one, measured.other) == (2.0, 4.0, 2.0)
    assert measured.low < measured.median < measured.high


def test_rows_are_chosen_by_name_and_all_run_otherwise() -> None:
    assert chosen_rows(["cold,round_trips"]) == ["cold", "round_trips"]
    assert chosen_rows(["cold", "round_trips"]) == ["cold", "round_trips"]
    assert chosen_rows([]) == list(ROWS)


def test_an_unknown_row_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(SystemExit, match=r"no such row: warmth; there are cold, "):
        chosen_rows(["warmth"])


def test_a_project_without_the_samples_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(performance, "REMOVED", ["items"])
    with pytest.raises(SystemExit, match="error: the benchmark measures the samples items, which"):
        performance.require_samples()


def test_the_report_holds_every_figure_and_a_plot_of_those_that_have_bars(tmp_path: Path) -> None:
    figures = [
        Figure("cold / stock & co", 0.5, 0.45, "0.4 to 0.6", "cold", {"this API": 500, "stock & co": 1000}),
        Figure("cold / monolith", 0.4, None, "", "cold", {"this API": 510, "monolith": 1300}),
        Figure("round trips: read", 1, 1),
    ]
    report.write(tmp_path, figures)
    text = (tmp_path / "performance.md").read_text()
    assert "| cold / stock & co | ≤ 0.45 | 0.50 | 0.4 to 0.6 | missed |" in text
    assert "| round trips: read | ≤ 1 | 1 |  | met |" in text
    assert [path.name for path in tmp_path.glob("*.svg")] == ["cold.svg"]
    assert "(cold.svg)" in text
    drawn = ElementTree.parse(tmp_path / "cold.svg").getroot()
    lengths = [int(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert lengths[0] * 2 == lengths[1] < lengths[2]
    shown = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert shown == ["Cold start, ms", "this API", "500", "stock & co", "1,000", "monolith", "1,300"]


def test_the_readme_leads_to_the_report() -> None:
    assert "docs/performance.md" in (ROOT / "README.md").read_text()
