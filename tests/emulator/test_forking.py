"""A worker that is a copy finds around it what one finds that started anew."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.emulator import starters
from infra.emulator.starters import shared
from infra.emulator.worker import Worker
from tests.emulator.sample_project import Sample

SOURCE = Path(__file__).parent / "surroundings"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starters, "SETTLED", 0)
        running = Sample(tmp_path_factory.mktemp("forked"), source=SOURCE, forking=True)
        yield running
        running.stop()


def eventually(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def worker(sample: Sample, name: str) -> Worker:
    [found] = [each for each in sample.runtime.pool.workers if each.function.name == name]
    return found


def discard(sample: Sample) -> None:
    sample.on_loop(lambda: sample.runtime.pool.discard_idle(lifetime=0))


def forks(sample: Sample, name: str) -> bool:
    function = sample.template.functions[name]
    return sample.runtime.starter.forks(function)


def test_a_copy_finds_what_a_process_started_anew_finds(sample: Sample) -> None:
    assert sample.call("GET", "/touch").json() == {"touched by": ["touch"]}
    fresh = sample.call("GET", "/look").json()
    assert not worker(sample, "LookFunction").is_copy
    eventually(lambda: forks(sample, "LookFunction") and forks(sample, "TouchFunction"))
    discard(sample)
    assert sample.call("GET", "/touch").json() == {"touched by": ["touch"]}
    copies = []
    for _ in range(2):
        copies.append(sample.call("GET", "/look").json())
        assert worker(sample, "LookFunction").is_copy
        discard(sample)
    for copy in copies:
        assert copy["compared"] == fresh["compared"]
    drawn = [number for each in (fresh, *copies) for number in each["random"]]
    assert len(set(drawn)) == len(drawn)


def test_a_copys_end_is_noticed(sample: Sample) -> None:
    before = sample.call("GET", "/look").json()["pid"]
    process = worker(sample, "LookFunction").process
    assert process is not None
    sample.on_loop(process.kill)
    eventually(lambda: sample.workers == 0)
    assert sample.call("GET", "/look").json()["pid"] != before


def test_an_edit_renews_those_alone_that_have_imported_the_file(sample: Sample) -> None:
    assert sample.call("GET", "/look").json()["version"] == 1
    sample.call("GET", "/touch")
    eventually(lambda: forks(sample, "LookFunction"))
    touching = worker(sample, "TouchFunction")
    file = sample.code / "look.py"
    file.write_text(file.read_text().replace("VERSION = 1", "VERSION = 22"))
    said: list[object] = []
    sample.on_loop(lambda: said.append(sample.runtime.renew({file})))
    assert said == ["Look"]
    eventually(lambda: worker(sample, "LookFunction").ready.is_set())  # before anybody calls
    assert worker(sample, "LookFunction").is_copy
    assert sample.call("GET", "/look").json()["version"] == 22
    assert worker(sample, "TouchFunction") is touching
    sample.on_loop(lambda: said.append(sample.runtime.renew({sample.code / "nobodys.py"})))
    assert said[1] is None

    library = sample.code.parent / "layer/library.py"
    library.write_text(library.read_text().replace("[]", "['the library']"))
    sample.on_loop(lambda: said.append(sample.runtime.renew({library})))
    assert said[2] == "Look, Touch"
    assert sample.call("GET", "/touch").json() == {"touched by": ["the library", "touch"]}


def test_an_edit_while_the_process_that_is_copied_starts_is_served(sample: Sample) -> None:
    library = sample.code.parent / "layer/library.py"
    starter = sample.runtime.starter

    async def edit_meanwhile() -> None:
        library.write_text(library.read_text().replace("touched_by = [", "touched_by = ['later', "))
        sample.runtime.renew({library})
        while not starter._starts:
            await asyncio.sleep(0)
        library.write_text(library.read_text().replace("'later'", "'in the end'"))
        sample.runtime.renew({library})

    sample.call("GET", "/look")
    sample.call("GET", "/touch")
    eventually(lambda: forks(sample, "TouchFunction"))
    sample.wait(edit_meanwhile())
    sample.call("GET", "/look")
    sample.call("GET", "/touch")
    eventually(lambda: forks(sample, "TouchFunction"))
    discard(sample)
    assert sample.call("GET", "/touch").json()["touched by"][0] == "in the end"
    assert worker(sample, "TouchFunction").is_copy


def test_what_is_shared_is_what_all_large_ones_have_in_the_order_of_the_largest() -> None:
    assert shared({"a": ["x", "y", "z", "v"], "b": ["z", "x", "w"], "small": ["q"]}) == ["x", "z"]
    assert shared({}) == []
