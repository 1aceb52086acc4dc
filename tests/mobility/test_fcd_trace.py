"""SUMO traces: what is read, how it is interpolated, and what each bad file is told."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from hiercoop.errors import InputFileError
from hiercoop.mobility.fcd_trace import TraceTraffic, read_steps, scan_trace

VEHICLE = '<vehicle id="{id}" x="{x}" y="{y}" angle="{angle}" speed="{speed}" type="car" lane="a_0"/>'


def vehicle(name: str, x: object, y: object, angle: object = 0.0, speed: object = 10.0) -> str:
    return VEHICLE.format(id=name, x=x, y=y, angle=angle, speed=speed)


def write(path: Path, *steps: tuple[object, list[str]]) -> Path:
    body = "\n".join(f'<timestep time="{time}">{"".join(vehicles)}</timestep>' for time, vehicles in steps)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<fcd-export>\n{body}\n</fcd-export>\n'
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def two_steps(tmp_path: Path) -> Path:
    first = [vehicle("stays", 0, 0, 350, 10), vehicle("leaves", 5, 5)]
    second = [vehicle("enters", 9, 9), vehicle("stays", 10, 20, 10, 20)]
    return write(tmp_path / "two.fcd.xml", (0, first), (1, second), (2, second))


def drive_to_the_end(path: Path) -> None:
    traffic = TraceTraffic(path)
    while traffic.advance(0.5):
        pass


def refusal(path: Path) -> str:
    """The sentence that a scan of a bad trace ends with; a run of it ends too."""
    with pytest.raises(InputFileError) as scanned:
        scan_trace(path)
    with pytest.raises(InputFileError):
        drive_to_the_end(path)
    message = str(scanned.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_scan_finds_span_step_vehicles_extent_and_samples(tmp_path: Path) -> None:
    summary = scan_trace(two_steps(tmp_path))
    assert (summary.begin_s, summary.end_s, summary.step_s) == (0.0, 2.0, 1.0)
    assert summary.num_vehicles == 3
    assert summary.extent_m == (0.0, 0.0, 10.0, 20.0)
    assert sorted(map(tuple, summary.samples_m)) == [(0, 0), (5, 5), (9, 9), (9, 9), (10, 20), (10, 20)]


def test_a_compressed_trace_reads_as_the_plain_one(tmp_path: Path) -> None:
    plain = two_steps(tmp_path)
    packed = tmp_path / "two.fcd.xml.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(scan_trace(packed).samples_m, scan_trace(plain).samples_m)


def test_positions_speeds_and_angles_are_interpolated_the_short_way_round(tmp_path: Path) -> None:
    traffic = TraceTraffic(two_steps(tmp_path))
    assert traffic.advance(0.25)
    now = traffic.vehicles()
    assert now.ids == ["stays"]
    np.testing.assert_allclose(now.xy_m, [[2.5, 5.0]])
    np.testing.assert_allclose(now.speed_mps, [12.5])
    np.testing.assert_allclose(now.heading_deg, [355.0])
    traffic.advance(0.5)
    np.testing.assert_allclose(traffic.vehicles().heading_deg, [5.0])


def test_vehicles_enter_and_leave_at_their_steps(tmp_path: Path) -> None:
    traffic = TraceTraffic(two_steps(tmp_path))
    assert traffic.vehicles().ids == ["stays", "leaves"]
    traffic.advance(0.5)
    assert traffic.vehicles().ids == ["stays"]
    traffic.advance(0.5)
    assert traffic.vehicles().ids == ["enters", "stays"]


def test_a_trace_ends_at_its_last_step_where_vehicles_stay_visible(tmp_path: Path) -> None:
    traffic = TraceTraffic(two_steps(tmp_path))
    assert [traffic.advance(0.1) for _ in range(20)] == [True] * 19 + [False]
    assert traffic.vehicles().ids == ["enters", "stays"]
    assert not traffic.advance(5.0)


def test_a_long_move_skips_steps(tmp_path: Path) -> None:
    steps = [(time, [vehicle("a", 10 * time, 0)]) for time in range(10)]
    traffic = TraceTraffic(write(tmp_path / "t.fcd.xml", *steps))
    traffic.advance(6.5)
    np.testing.assert_allclose(traffic.vehicles().xy_m, [[65.0, 0.0]])


def test_steps_without_vehicles_are_read_and_empty(tmp_path: Path) -> None:
    path = write(tmp_path / "t.fcd.xml", (0, []), (1, [vehicle("a", 1, 2)]), (2, []))
    traffic = TraceTraffic(path)
    assert traffic.vehicles().ids == []
    traffic.advance(1.0)
    assert traffic.vehicles().ids == ["a"]
    assert scan_trace(path).num_vehicles == 1


def test_memory_does_not_grow_with_the_length_of_a_trace(tmp_path: Path) -> None:
    def peak_bytes(num_steps: int) -> int:
        crowd = [vehicle(f"v{index}", index, index) for index in range(40)]
        path = write(tmp_path / f"{num_steps}.fcd.xml.gz", *[(time, crowd) for time in range(num_steps)])
        tracemalloc.start()
        assert sum(1 for _ in read_steps(path)) == num_steps
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(2)
    assert peak_bytes(120) < 1.2 * peak_bytes(40)


def test_samples_of_a_long_trace_are_bounded_and_spread_over_all_of_it(tmp_path: Path) -> None:
    steps = [(time, [vehicle(f"v{index}", time, index) for index in range(40)]) for time in range(300)]
    samples_m = scan_trace(write(tmp_path / "t.fcd.xml", *steps)).samples_m
    assert 2048 <= len(samples_m) <= 4096
    assert samples_m[:, 0].min() == 0
    assert samples_m[:, 0].max() == 299
    assert samples_m[:, 0].mean() == pytest.approx(149.5, abs=1.0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.fcd.xml", b"", "is empty"),
        ("empty.fcd.xml.gz", b"", "is empty"),
        ("hollow.fcd.xml.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("text.fcd.xml", b"not a trace", "truncated or malformed XML"),
        ("cut.fcd.xml", b'<fcd-export><timestep time="0"><vehicle id="a" x="1"', "truncated or malformed XML"),
        ("open.fcd.xml", b'<fcd-export><timestep time="0"></timestep>', "truncated or malformed XML"),
        ("crossed.fcd.xml", b'<fcd-export><timestep time="0"></fcd-export>', "truncated or malformed XML"),
        ("plain.fcd.xml.gz", b"<fcd-export/>", "cannot be read: Not a gzipped file"),
        ("none.fcd.xml", b"<fcd-export/>", "has 0 time steps"),
        ("other.fcd.xml", b'<routes><vehicle id="a"/></routes>', "has 0 time steps"),
        ("entity.fcd.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><fcd-export>&a;</fcd-export>', "document type"),
    ],
)
def test_files_that_are_no_trace_are_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert sentence in refusal(path)


def test_a_missing_trace_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nowhere.fcd.xml")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_gzip_stream_cut_short_is_refused(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    crowd = [[vehicle(f"v{index}", *generator.random(2)) for index in range(200)] for _ in range(20)]
    whole = write(tmp_path / "whole.fcd.xml.gz", *enumerate(crowd)).read_bytes()
    path = tmp_path / "cut.fcd.xml.gz"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert "gzip stream ends early" in refusal(path)


def test_a_damaged_gzip_stream_is_refused(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    crowd = [[vehicle(f"v{index}", *generator.random(2)) for index in range(200)] for _ in range(20)]
    content = bytearray(write(tmp_path / "whole.fcd.xml.gz", *enumerate(crowd)).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = b"\xff" * 200
    path = tmp_path / "damaged.fcd.xml.gz"
    path.write_bytes(bytes(content))
    with pytest.raises(InputFileError, match=re.escape(str(path))):
        scan_trace(path)


def test_a_single_step_and_steps_without_any_vehicle_are_refused(tmp_path: Path) -> None:
    assert "has 1 time steps" in refusal(write(tmp_path / "one.fcd.xml", (0, [vehicle("a", 1, 2)])))
    with pytest.raises(InputFileError, match="has no vehicle"):
        scan_trace(write(tmp_path / "ghost.fcd.xml", (0, []), (1, [])))


@pytest.mark.parametrize(("first", "second"), [(5, 4.9), (5, 5)])
def test_time_that_does_not_rise_is_refused(tmp_path: Path, first: float, second: float) -> None:
    crowd = [vehicle("a", 1, 2)]
    message = refusal(write(tmp_path / "back.fcd.xml", (4, crowd), (first, crowd), (second, crowd)))
    assert f"time={second:g} s follows 5 s" in message


@pytest.mark.parametrize("time", ["nan", "soon", "inf"])
def test_a_time_that_is_no_number_is_refused(tmp_path: Path, time: str) -> None:
    assert f"time='{time}'" in refusal(write(tmp_path / "t.fcd.xml", (0, []), (time, [vehicle("a", 1, 2)])))


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (vehicle("bad", "nan", 2), "x 'nan'"),
        (vehicle("bad", 1, "inf"), "y 'inf'"),
        (vehicle("bad", 1, "north"), "y 'north'"),
        (vehicle("bad", 1, ""), "y ''"),
        (vehicle("bad", 1, 2, angle="nan"), "angle 'nan'"),
        ('<vehicle id="bad" y="2" angle="0" speed="1"/>', "x absent"),
        ('<vehicle id="bad" x="2" angle="0" speed="1"/>', "y absent"),
        ('<vehicle id="bad" x="2" y="2" angle="0"/>', "speed absent"),
    ],
)
def test_a_vehicle_without_finite_coordinates_is_named_with_its_time(tmp_path: Path, bad: str, fault: str) -> None:
    good = vehicle("good", 1, 2)
    message = refusal(write(tmp_path / "bad.fcd.xml", (0, [good]), (1.5, [good, bad]), (3, [good])))
    assert f"vehicle 'bad' at time=1.5 s has {fault}; it must be a finite number" in message


def test_a_vehicle_without_an_id_or_twice_in_a_step_is_refused(tmp_path: Path) -> None:
    nameless = '<vehicle x="2" y="2" angle="0" speed="1"/>'
    assert "has no id" in refusal(write(tmp_path / "nameless.fcd.xml", (0, []), (1, [nameless])))
    twice = [vehicle("a", 1, 2), vehicle("a", 3, 4)]
    assert "vehicle 'a' stands twice at time=1 s" in refusal(write(tmp_path / "twice.fcd.xml", (0, []), (1, twice)))


def test_the_bologna_trace_scans_as_its_description_says(bologna_trace: Path) -> None:
    summary = scan_trace(bologna_trace)
    assert (summary.begin_s, summary.end_s, summary.num_vehicles) == (600.0, 629.9, 579)
    assert summary.step_s == pytest.approx(0.1)
    low_x, low_y, high_x, high_y = summary.extent_m
    assert (round(high_x - low_x, -1), round(high_y - low_y, -1)) == (1820, 1360)


def test_bologna_vehicles_move_as_fast_as_they_say(bologna_trace: Path) -> None:
    traffic = TraceTraffic(bologna_trace)
    before = traffic.vehicles()
    for _ in range(30):
        traffic.advance(0.05)
    now = traffic.vehicles()
    rows = {name: row for row, name in enumerate(before.ids)}
    stayed = [(rows[name], row) for row, name in enumerate(now.ids) if name in rows]
    ways_m = np.array([np.linalg.norm(now.xy_m[new] - before.xy_m[old]) for old, new in stayed])
    speeds_mps = np.array([(now.speed_mps[new] + before.speed_mps[old]) / 2 for old, new in stayed])
    assert len(stayed) > 400
    assert np.median(np.abs(ways_m / 1.5 - speeds_mps)) < 0.5


def test_reading_stops_where_the_reader_stops(bologna_trace: Path) -> None:
    steps = read_steps(bologna_trace)
    assert next(steps).time_s == 600.0
    assert next(steps).time_s == 600.1
    steps.close()
