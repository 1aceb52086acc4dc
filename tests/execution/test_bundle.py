from __future__ import annotations

import json
from pathlib import Path

import pytest

from hiercoop.config.load import load_scenario
from hiercoop.errors import BundleError
from hiercoop.execution.bundle import FILES, MANIFEST, bundle_from_files, load_bundle, write_bundle
from tests.execution.scenes import bundle, scenario


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_bundle(bundle(), tmp_path / "policy")
    return tmp_path / "policy"


def test_a_written_bundle_loads_with_the_same_digest(directory: Path) -> None:
    assert load_bundle(directory).digest == bundle().digest


def test_writing_over_an_older_bundle_leaves_just_the_new_one(directory: Path) -> None:
    write_bundle(bundle(default_option=3), directory)
    assert load_bundle(directory).manifest.default_option == 3
    assert [item.name for item in directory.parent.iterdir()] == ["policy"]


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_named(directory: Path, name: str) -> None:
    content = bytearray((directory / name).read_bytes())
    content[len(content) // 2] ^= 1
    (directory / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} has sha256"):
        load_bundle(directory)


@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_a_missing_file_is_named(directory: Path, name: str) -> None:
    (directory / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(directory)


def test_a_directory_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a directory"):
        load_bundle(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format_version": 1}, "format_version=1"),
        ({"surprise": 1}, "surprise"),
        ({"default_option": 99}, "default_option=99"),
        ({"max_option_slots": 0}, "max_option_slots"),
    ],
)
def test_a_manifest_out_of_bounds_is_refused(change: dict[str, object], sentence: str) -> None:
    files = dict(bundle().files)
    files[MANIFEST] = json.dumps(json.loads(files[MANIFEST]) | change).encode()
    with pytest.raises(BundleError, match=sentence):
        bundle_from_files(files)


def test_a_manifest_that_is_not_json_is_refused() -> None:
    with pytest.raises(BundleError, match="not a manifest"):
        bundle_from_files(dict(bundle().files) | {MANIFEST: b"\x00"})


def test_a_network_that_is_not_onnx_is_refused() -> None:
    from hiercoop.execution.bundle import make_bundle
    from hiercoop.execution.sbs_policy import SbsPolicy

    with pytest.raises(BundleError, match=r"sbs\.onnx cannot be loaded"):
        SbsPolicy(make_bundle(bundle().manifest, b"nonsense", b"nonsense"), hold=0.0)


@pytest.mark.parametrize("setting", ["num_vehicles_per_sbs=4", "radio.num_bands=5", "observation.has_gains=false"])
def test_other_dimensions_are_refused(setting: str) -> None:
    with pytest.raises(BundleError, match="wants"):
        bundle().check_scenario(load_scenario("urban-grid", settings=[setting]))


def test_another_number_of_cells_is_no_other_dimension() -> None:
    bundle().check_scenario(scenario(12))
