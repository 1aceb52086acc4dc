from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from hiercoop.config.run import RunConfig
from hiercoop.errors import BundleError, ConfigError, InputFileError
from hiercoop.execution.controls import read_controls
from hiercoop.execution.in_process import InProcessRun, run_in_process
from hiercoop.execution.signalling import http2_bytes, totals
from hiercoop.execution.trace import TraceWriter
from tests.execution.scenes import bundle, scenario

MODES = [
    {"reporting": "on-termination"},
    {"reporting": "every-slot"},
    {"reporting": "periodic", "report_period_slots": 5, "codec": "int8"},
    {"reporting": "on-termination", "options": "asynchronous", "option_delay_slots": 2, "codec": "fp16"},
]


def _trace(path: Path, controls: Path | None = None, **run: object) -> bytes:
    config = RunConfig.model_validate({"scenario": scenario(), "max_slots": 120, **run})
    with TraceWriter(path) as trace:
        run_in_process(config, bundle(), trace, read_controls(controls) if controls else ())
    return path.read_bytes()


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(map(str, mode.values())))
@pytest.mark.parametrize("num_sbs", [3, 12])
def test_the_same_seed_gives_the_same_trace(tmp_path: Path, mode: dict[str, object], num_sbs: int) -> None:
    run = mode | {"scenario": scenario(num_sbs), "max_slots": 40}
    assert _trace(tmp_path / "a", **run) == _trace(tmp_path / "b", **run)
    assert _trace(tmp_path / "a", **run) != _trace(tmp_path / "c", **run, seed=2)


def test_a_trace_is_sealed_by_the_hash_of_all_before(tmp_path: Path) -> None:
    *body, last = _trace(tmp_path / "a").splitlines(keepends=True)
    assert json.loads(last)["sha256"] == hashlib.sha256(b"".join(body)).hexdigest()
    assert len(body) == 1 + 120


def test_a_run_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(ConfigError), TraceWriter(tmp_path / "a"):
        raise ConfigError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_trace_replays_as_its_own_controls_file(tmp_path: Path) -> None:
    controls = tmp_path / "controls.jsonl"
    controls.write_text(
        '{"slot": 20, "control": {"pause": true}}\n{"slot": 20, "control": {"step": 3}}\n'
        '{"slot": 23, "control": {"start": true}}\n{"slot": 40, "control": {"payload_bytes": 20000}}\n'
        '{"slot": 50, "detach": 1}\n{"slot": 60, "attach": 1}\n'
        '{"slot": 70, "control": {"reset": 7}}\n{"slot": 30, "control": {"payload_bytes": 1000}}\n'
    )
    first = _trace(tmp_path / "a", controls)
    assert _trace(tmp_path / "b", tmp_path / "a") == first
    assert first != _trace(tmp_path / "c")
    rosters = [json.loads(line)["roster"] for line in first.splitlines() if b"roster" in line]
    assert rosters[49:61] == [[0, 1, 2]] + [[0, 2]] * 10 + [[0, 1, 2]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "line 1 is not an object"),
        ('{"slot": -1, "control": {"start": true}}', "slot=-1"),
    ],
)
def test_a_bad_controls_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "controls").write_text(text)
    with pytest.raises(InputFileError, match=sentence):
        read_controls(tmp_path / "controls")


@pytest.mark.parametrize(
    ("control", "sentence"),
    [('{"jump": 1}', "must hold one of"), ('{"payload_bytes": -2}', "payload_bytes=-2"), ('{"step": "x"}', "step='x'")],
)
def test_a_bad_control_is_refused(tmp_path: Path, control: str, sentence: str) -> None:
    (tmp_path / "controls").write_text(f'{{"slot": 0, "control": {control}}}')
    with pytest.raises(ConfigError, match=sentence):
        read_controls(tmp_path / "controls")


def test_events_out_of_order_are_refused(tmp_path: Path) -> None:
    (tmp_path / "controls").write_text('{"slot": 9, "control": {"pause": true}}\n{"slot": 2, "control": {"start": true}}')
    with pytest.raises(ConfigError, match="event of slot 2"):
        _trace(tmp_path / "a", tmp_path / "controls")


def test_every_slot_reports_once_a_cell_and_both_sides_count_alike() -> None:
    run = RunConfig(scenario=scenario(), reporting="every-slot", max_slots=50)
    whole = run_in_process(run, bundle())
    assert whole.edge.ledger.counts() == whole.emulation.signalling.counts()
    reports = [count for count in whole.edge.ledger.counts() if count.type == "FeatureReport"]
    assert [count.messages for count in reports] == [50, 50, 50]
    assert all(http2_bytes(count) == count.payload_bytes + 14 * count.messages for count in reports)


def test_int8_features_take_fewer_bytes_than_fp16_and_these_than_fp32() -> None:
    sizes = []
    for codec in ("fp32", "fp16", "int8"):
        run = RunConfig(scenario=scenario(), reporting="every-slot", codec=codec, max_slots=20)
        whole = run_in_process(run, bundle())
        up = [count for count in whole.edge.ledger.counts() if count.type == "FeatureReport"]
        sizes.append(totals(up)["payload_bytes"] / totals(up)["messages"])
    assert sizes[0] - sizes[1] == pytest.approx(32, abs=1)
    assert sizes[1] > sizes[2]


def test_real_time_needs_the_services() -> None:
    with pytest.raises(ConfigError, match="needs the services"):
        InProcessRun(RunConfig(scenario=scenario(), pacing="realtime"), bundle())


def test_a_bundle_of_other_dimensions_is_refused() -> None:
    other = scenario().model_copy(update={"num_vehicles_per_sbs": 2})
    with pytest.raises(BundleError, match="vehicles=3"):
        InProcessRun(RunConfig(scenario=other), bundle())


def test_the_trace_holds_what_was_measured(tmp_path: Path) -> None:
    import base64

    line = json.loads(_trace(tmp_path / "a").splitlines()[5])
    sinr = np.frombuffer(base64.b64decode(line["sinr"]), "<f4")
    capacity_bps = np.frombuffer(base64.b64decode(line["capacity_bps"]), "<f4")
    np.testing.assert_allclose(capacity_bps, 1e6 * np.log2(1.0 + sinr.astype(np.float64)), rtol=1e-5)
