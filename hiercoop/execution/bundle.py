"""The policy bundle: a directory with a manifest and the two layers of the agent as ONNX files (design, section 9)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from hiercoop.config.run import FeatureCodec
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ObservationLayout
from hiercoop.errors import BundleError

FORMAT_VERSION = 2
MANIFEST = "manifest.json"
SBS_FILE = "sbs.onnx"
EDGE_FILE = "edge.onnx"
FILES = (SBS_FILE, EDGE_FILE)
MAX_BUNDLE_BYTES = 8 * 1024 * 1024


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dimensions(_Record):
    """Sizes that both layers of the agent, the wire and the environment share."""

    observation: int = Field(ge=1, le=65536)
    vehicles: int = Field(ge=1, le=64)
    choices: int = Field(ge=2, le=1024)
    features: int = Field(ge=1, le=4096)
    options: int = Field(ge=1, le=256)
    code: int = Field(ge=1, le=256)
    memory: int = Field(ge=1, le=65536)
    """Averages that the lower layer carries from slot to slot."""

    def agreed(self) -> dict[str, int]:
        """Those that an SBS and the edge agree on when the SBS registers."""
        return self.model_dump(exclude={"code", "memory"})


class Manifest(_Record):
    """What a bundle is, how it was made and what it was measured to be worth."""

    format_version: int = FORMAT_VERSION
    scenario: str
    scenario_digest: str
    dimensions: Dimensions
    codec: FeatureCodec = "fp32"
    algorithm: str
    actions: Literal["argmax", "sampled"] = "argmax"
    terminations: Literal["sampled", "threshold"] = "sampled"
    """sampled: the option ends with its termination probability; threshold: when that is above 1/2."""
    max_option_slots: int = Field(default=20, ge=1, le=100_000)
    default_option: int = Field(default=0, ge=0)
    """What an SBS follows once its edge is gone and its option has ended."""
    training: dict[str, JsonValue] = Field(default_factory=dict)
    evaluation: dict[str, JsonValue] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    """sha256 [hex] of each file."""

    @field_validator("format_version")
    @classmethod
    def _is_read_here(cls, version: int) -> int:
        if version != FORMAT_VERSION:
            raise ValueError(f"format_version={version} is not {FORMAT_VERSION}, which this version reads")
        return version


@dataclass(frozen=True)
class PolicyBundle:
    """A verified bundle, in memory."""

    manifest: Manifest
    files: Mapping[str, bytes]
    """All files, manifest.json included."""

    @cached_property
    def digest(self) -> str:
        """sha256 [hex] of manifest.json, which in turn holds the hash of every other file."""
        return hashlib.sha256(self.files[MANIFEST]).hexdigest()

    @property
    def prefix(self) -> bytes:
        """First 8 bytes of the digest: what travels in every slot."""
        return bytes.fromhex(self.digest)[:8]

    def misfit(self, scenario: ScenarioConfig) -> str:
        """How the scenario's observations or choices differ in size from the bundle's, in a sentence; empty: they do not."""
        sizes = self.manifest.dimensions
        wanted = {
            "vehicles": scenario.num_vehicles_per_sbs,
            "choices": scenario.num_choices,
            "observation": ObservationLayout.of(scenario).size,
        }
        for name, value in wanted.items():
            if getattr(sizes, name) != value:
                return (
                    f"the bundle has {name}={getattr(sizes, name)}, scenario {scenario.name!r} wants {value}; "
                    f"use a bundle trained for it or change the scenario"
                )
        return ""

    def check_scenario(self, scenario: ScenarioConfig) -> None:
        """Raises BundleError where the scenario's observations or choices have other sizes than the bundle's."""
        misfit = self.misfit(scenario)
        if misfit:
            raise BundleError(misfit)


def load_bundle(path: Path) -> PolicyBundle:
    """The bundle in a directory, verified; BundleError says what is missing, changed or of another format."""
    if not path.is_dir():
        raise BundleError(f"policy bundle {path} is not a directory; name one that holds {MANIFEST}")
    files: dict[str, bytes] = {}
    for name in (MANIFEST, *FILES):
        try:
            files[name] = (path / name).read_bytes()
        except OSError as error:
            raise BundleError(f"policy bundle {path} has no readable {name}: {error.strerror}; export it again") from error
    return bundle_from_files(files)


def bundle_from_files(files: Mapping[str, bytes]) -> PolicyBundle:
    """The bundle made of these files by name; BundleError where one is missing, changed, too large or unreadable."""
    if set(files) != {MANIFEST, *FILES}:
        raise BundleError(f"a policy bundle holds {MANIFEST}, {SBS_FILE} and {EDGE_FILE}; got {', '.join(sorted(files))}")
    total = sum(map(len, files.values()))
    if total > MAX_BUNDLE_BYTES:
        raise BundleError(f"the policy bundle has {total} bytes, the bound is {MAX_BUNDLE_BYTES}; export a smaller network")
    try:
        manifest = Manifest.model_validate_json(files[MANIFEST])
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or MANIFEST
        raise BundleError(f"{MANIFEST} is not a manifest: {key}: {first['msg']}; export the bundle again") from error
    if manifest.default_option >= manifest.dimensions.options:
        raise BundleError(
            f"default_option={manifest.default_option} must be below options={manifest.dimensions.options}; export it again"
        )
    for name in FILES:
        found = hashlib.sha256(files[name]).hexdigest()
        wanted = manifest.files.get(name)
        if found != wanted:
            raise BundleError(f"{name} has sha256 {found[:12]}, its manifest says {str(wanted)[:12]}; export the bundle again")
    return PolicyBundle(manifest, dict(files))


def make_bundle(manifest: Manifest, sbs_onnx: bytes, edge_onnx: bytes) -> PolicyBundle:
    """A bundle of these two networks; the manifest's hashes are filled in."""
    networks = {SBS_FILE: sbs_onnx, EDGE_FILE: edge_onnx}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in networks.items()}
    sealed = manifest.model_copy(update={"files": hashes})
    text = json.dumps(sealed.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
    return bundle_from_files({MANIFEST: text.encode(), **networks})


def write_bundle(bundle: PolicyBundle, path: Path) -> None:
    """Writes the bundle's directory whole or not at all; an older bundle of that name is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.parent / f".{path.name}.{uuid4().hex}"
    staging.mkdir()
    for name, content in bundle.files.items():
        (staging / name).write_bytes(content)
    if path.exists():
        retired = path.parent / f".{path.name}.{uuid4().hex}"
        path.rename(retired)
        staging.rename(path)
        shutil.rmtree(retired)
    else:
        staging.rename(path)
