"""`make scale MEASURE=1` measures all that the assumptions hold as measured here."""

from pathlib import Path

import pytest

from infra.tools.scale.values import ASSUMPTIONS, load
from tests.performance import REMOVED, scaling


@pytest.mark.sweep
@pytest.mark.skipif(bool(REMOVED), reason="the samples were removed")
def test_every_measured_value_is_measured_and_each_takes_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ROUNDS": 1, "CALLS": 10, "POINTS": 1, "SECONDS": 1, "ENVIRONMENTS": 1}.items():
        monkeypatch.setattr(scaling, name, value)
    values = load(ASSUMPTIONS)
    with scaling.bench(tmp_path) as bench:
        measured = dict(scaling.service_times(bench)) | dict(scaling.point(bench, values.under("mix")))
    held = {name for name, entry in values.entries.items() if entry.source == "measured here"}
    assert set(measured) == held
    assert all(value > 0 for value in measured.values())
