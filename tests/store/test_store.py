"""The folder of runs: making, listing and finding, also beside what is broken."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store import store as store_module
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths, new_run_id
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.status import State
from mixtui.store.store import SCHEMA_VERSION, Store, default_runs_dir, short_ids

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]


def create(store: Store, **recipe: Any) -> RunPaths:
    return store.create(RunConfig(**{"alpha": 0.1, **recipe}), data_dir=Path("data"), location=None, meta={})


def everything_below(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


# Making


def test_a_new_run_is_queued_and_holds_its_whole_configuration(store: Store, tmp_path: Path) -> None:
    config = RunConfig(alpha=0.4, seed=3)
    paths = store.create(
        config, data_dir=tmp_path / "data", location=tmp_path / "birds", meta={"name": "first", "tags": ["paper"]}
    )
    run = Run.load(paths.root)
    assert run.config == config
    assert run.status.state is State.QUEUED
    assert run.tags == ("paper",)
    assert run.meta["name"] == "first"
    assert (run.attempt, run.epoch, run.metrics, run.seconds, run.test_bins()) == (0, 0) + (None,) * 3
    assert datetime.fromisoformat(run.created).utcoffset() is not None

    document = json.loads(paths.config.read_text())
    assert document["schema_version"] == SCHEMA_VERSION
    assert {"torch", "python", "mixtui"} <= document["versions"].keys()
    control = json.loads(paths.control.read_text())
    assert control["location"] == str(tmp_path / "birds")
    assert Path(control["data_dir"]).is_absolute()
    assert Path(control["cwd"]) == Path.cwd()
    assert str(tmp_path) not in paths.config.read_text()  # a run can be shared: no path of this machine


def test_an_id_sorts_by_time_and_reads_well() -> None:
    config = RunConfig(alpha=0.4, dataset="folder:My Images!", model="my.nets:Tiny", seed=3)
    first, second = (new_run_id(config, datetime(2026, 11, 22, 23, 15, n, tzinfo=UTC)) for n in (2, 3))
    assert re.fullmatch(r"20261122-231502-my-images-tiny-a0\.4-s3-[a-z2-9]{4}", first)
    assert first < second


@given(st.text(max_size=300))
def test_an_id_is_a_plain_file_name_whatever_the_data_set_is_called(name: str) -> None:
    run_id = new_run_id(RunConfig(alpha=1e-6, dataset=f"folder:{name}"), datetime.now(UTC))
    assert re.fullmatch(r"[a-z0-9._+-]+", run_id)
    assert len(run_id) < 120


def test_a_data_folder_whose_name_is_no_utf8_can_be_recorded(store: Store) -> None:
    folder = Path(os.fsdecode(b"/data/caf\xe9"))
    paths = store.create(RunConfig(alpha=0), data_dir=folder, location=folder, meta={})
    assert Path(Run.load(paths.root).control["location"]) == folder


@pytest.mark.parametrize("root", ["a-file", "a-file/runs", "/proc/runs"])
def test_a_folder_that_cannot_be_written_is_an_error_for_a_person(root: str, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "a-file").touch()
    with refused("No run can be made in"):
        create(Store(tmp_path / root))


def test_a_run_that_cannot_be_made_whole_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    def fill_the_disk(path: Path, document: dict[str, Any]) -> None:
        if path.name == "control.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_json(path, document)

    monkeypatch.setattr(store_module, "write_json", fill_the_disk)
    with refused("No space left"):
        create(store)
    assert list(store.root.iterdir()) == []


def test_the_folder_is_the_environments_or_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTUI_RUNS", "/lab/runs")
    assert default_runs_dir() == Path("/lab/runs")
    monkeypatch.setenv("MIXTUI_RUNS", "")
    assert default_runs_dir() == Path("runs")


# Listing


def test_no_folder_holds_no_runs(store: Store, refused: Refused) -> None:
    assert list(store.runs()) == []
    with refused("no runs"):
        store.find("latest")


def test_runs_are_listed_oldest_first_and_nothing_else_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"2026112{day}-120000-cifar10-resnet18-a0.1-s0-k3f{day}" for day in (1, 2, 3)]
    for run_id in (ids[2], ids[0], ids[1]):
        create(store).root.rename(store.root / run_id)
    (store.root / "reference").mkdir()
    (store.root / "README.md").touch()
    create(store).root.rename(store.root / ".draft")
    assert [run.id for run in store.runs() if isinstance(run, Run)] == ids
    assert [path.name for path in store.run_dirs()] == ids


def test_a_runs_folder_that_is_none_is_an_error_for_a_person(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "file").touch()
    with refused("cannot be read"):
        list(Store(tmp_path / "file").runs())


BROKEN = {
    "config.json": b'{"alpha": 0.1, "datas',
    "control.json": b"\0" * 100,
    "meta.json": b'{"tags": "paper"}',
    "process.json": b"[]",
    "exit.json": b"\xff\xfe",
    "events.jsonl": b'{"type": "end", "time": "", "attempt": 1, "step": 0}\n',
}


@pytest.mark.parametrize(("name", "content"), [*BROKEN.items(), *((name, None) for name in BROKEN)])
def test_a_broken_run_is_told_by_name_and_harms_no_other(
    name: str, content: bytes | None, store: Store, make_run: MakeRun, make_event: MakeEvent, refused: Refused
) -> None:
    good = [make_run(seed=n) for n in range(2)]
    broken = make_run([make_event("attempt")], claims=1)
    path = broken.root / name
    path.unlink(missing_ok=True)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    before = everything_below(store.root)

    listed = list(store.runs())
    assert {run.id for run in listed if isinstance(run, Run)} == {paths.id for paths in good}
    [error] = [run for run in listed if isinstance(run, BrokenRunError)]
    assert error.run_id == broken.id
    assert name.removesuffix(".json") in error.message
    with refused(broken.id):
        store.find(broken.id)
    assert store.find(good[0].id).id == good[0].id
    assert everything_below(store.root) == before


@pytest.mark.parametrize(
    "change",
    [{"alpha": "0.1"}, {"epochs": None}, {"lr": 10**400}, {"model": 18}, {"dataset": []}, {"threads": ...}],
)
def test_a_configuration_that_cannot_work_is_a_broken_run(change: dict[str, Any], make_run: MakeRun) -> None:
    paths = make_run()
    document = json.loads(paths.config.read_text()) | change
    paths.config.write_text(json.dumps({name: value for name, value in document.items() if value is not ...}))
    with pytest.raises(BrokenRunError, match=rf"{paths.id}: config\.json: "):
        Run.load(paths.root)


def test_a_run_without_its_configuration_is_listed_as_broken(store: Store, make_run: MakeRun) -> None:
    make_run().config.unlink()
    [error] = store.runs()
    assert isinstance(error, BrokenRunError)
    assert "config.json is missing" in error.message


def test_garbage_in_the_log_costs_only_its_lines(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt"), make_event("epoch", step=2)], claims=1)
    whole = paths.events.read_bytes()
    paths.events.write_bytes(b"\0" * 512 + b"\n\xff\xfe{\n" + whole + b'{"type":"epoch","ti')
    assert Run.load(paths.root).epoch == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.sampled_from(sorted(BROKEN)), st.binary())
@example("events.jsonl", b'{"type":"epoch"}\n')
@example("config.json", b"[" * 100_000)
@example("meta.json", b'{"tags":null}')
@example("meta.json", b'{"name":5}')
@example("control.json", b'{"attempt":NaN}')
@example("exit.json", b'{"attempt":1e999}')
def test_any_bytes_in_any_file_are_a_run_or_a_broken_one(
    store: Store, make_run: MakeRun, name: str, content: bytes
) -> None:
    paths = next((RunPaths(path) for path in store.run_dirs()), None) or make_run(claims=1)
    path = paths.root / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    assert len(list(store.runs())) == 1
    if before is None:
        path.unlink()
    else:
        path.write_bytes(before)


# Finding


@pytest.fixture
def named(store: Store) -> Store:
    for run_id in ("20261121-120000-cifar10-a0-k3f9", "20261122-120000-cifar10-a0-m2p7", "20261122-130000-x-a1-k3f8"):
        create(store).root.rename(store.root / run_id)
    return store


@pytest.mark.parametrize(
    ("reference", "run_id"),
    [
        ("20261121-120000-cifar10-a0-k3f9", "20261121-120000-cifar10-a0-k3f9"),
        ("20261121", "20261121-120000-cifar10-a0-k3f9"),
        ("20261122-12", "20261122-120000-cifar10-a0-m2p7"),
        ("m2p7", "20261122-120000-cifar10-a0-m2p7"),
        ("latest", "20261122-130000-x-a1-k3f8"),
    ],
)
def test_found_by_id_unique_prefix_tail_or_as_the_latest(named: Store, reference: str, run_id: str) -> None:
    assert named.find(reference).id == run_id


def test_what_fits_several_runs_is_refused(named: Store, refused: Refused) -> None:
    with refused("fits 2 runs"):
        named.find("20261122")
    with refused("fits 3 runs"):
        named.find("2026")


@pytest.mark.parametrize(
    "reference", ["2027", "k3f", "cifar10", "Latest", "no/such/run", "/", "..", "*", "/" + "a" * 5000]
)
def test_what_fits_no_run_is_refused(named: Store, reference: str, refused: Refused) -> None:
    with refused("No run is called"):
        named.find(reference)


def test_an_empty_reference_is_no_prefix_of_everything(store: Store, refused: Refused) -> None:
    create(store)
    with refused("No run is called ''"):
        store.find("")


def test_a_whole_id_counts_before_what_it_is_a_part_of(named: Store) -> None:
    for run_id in ("20261122", "m2p7"):
        create(named).root.rename(named.root / run_id)
        assert named.find(run_id).id == run_id


@given(st.text(max_size=20) | st.text("0123456789-/.\0~", max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_reference_finds_a_run_or_is_an_error_for_a_person(named: Store, reference: str) -> None:
    try:
        assert isinstance(named.find(reference), Run)
    except MixtuiError as error:
        assert error.hint


def test_found_by_path_from_anywhere(named: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = named.run_dirs()[0]
    elsewhere = Store(tmp_path / "other runs")
    assert elsewhere.find(f"{path}/").id == path.name
    monkeypatch.chdir(path)
    for reference in ("./", "../" + path.name, "./../" + path.name + "/."):
        assert elsewhere.find(reference).id == path.name


def test_short_ids_find_their_runs(named: Store) -> None:
    create(named).root.rename(named.root / "20261123-120000-y-a1-m2p7")
    ids = [path.name for path in named.run_dirs()]
    short = short_ids(ids)
    assert [named.find(short[run_id]).id for run_id in ids] == ids
    assert short[ids[0]] == "k3f9"
    assert short[ids[1]] == ids[1]


def test_a_link_in_circles_beside_the_runs_hides_none(store: Store, make_run: MakeRun) -> None:
    paths = make_run()
    (store.root / "circle").symlink_to("circle")
    assert store.run_dirs() == [paths.root]
