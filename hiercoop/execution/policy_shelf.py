"""The policy bundles of this machine: those under policies/, and one that was named elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hiercoop.errors import BundleError
from hiercoop.execution.bundle import MANIFEST, PolicyBundle, load_bundle
from hiercoop.execution.policy_path import SHIPPED

RESCAN_S = 2.0
"""A digest that is not known is not looked for on the disk more often than this."""

_Stamp = tuple[int, int]


@dataclass(frozen=True)
class Shelf:
    """What lies there: bundles by the name of their directory, and a sentence for each directory that cannot be used."""

    bundles: Mapping[str, PolicyBundle]
    unusable: tuple[str, ...]


class PolicyShelf:
    """Finds bundles by digest. Directories are read again when their manifest has changed."""

    def __init__(self, named: Path | None = None, directory: Path = SHIPPED) -> None:
        self._named = named
        self._directory = directory
        self._loaded: dict[Path, tuple[_Stamp, PolicyBundle | BundleError]] = {}
        self._shelf = Shelf({}, ())
        self._read_at_s = -RESCAN_S

    def read(self) -> Shelf:
        """All bundles as they lie there now, in the order of their names."""
        found = {path.name: self._load(path) for path in self._paths()}
        self._shelf = Shelf(
            {name: bundle for name, bundle in found.items() if isinstance(bundle, PolicyBundle)},
            tuple(str(error) for error in found.values() if isinstance(error, BundleError)),
        )
        self._read_at_s = time.monotonic()
        return self._shelf

    def find(self, digest: str) -> PolicyBundle | None:
        """The bundle with this digest; None where there is none."""
        name = self.name_of(digest)
        return None if name is None else self._shelf.bundles[name]

    def require(self, digest: str) -> PolicyBundle:
        """The bundle with this digest; BundleError names those that are there."""
        bundle = self.find(digest)
        if bundle is None:
            known = ", ".join(f"{name} ({one.digest[:12]})" for name, one in self._shelf.bundles.items()) or "none"
            raise BundleError(f"no policy bundle here has digest {digest[:12]!r}; there are: {known}")
        return bundle

    def name_of(self, digest: str) -> str | None:
        """The name of its directory; None where none holds it."""
        name = self._look_up(digest)
        if name is None and digest and time.monotonic() - self._read_at_s >= RESCAN_S:
            self.read()
            name = self._look_up(digest)
        return name

    def _look_up(self, digest: str) -> str | None:
        return next((name for name, bundle in self._shelf.bundles.items() if bundle.digest == digest), None)

    def _paths(self) -> list[Path]:
        shipped = sorted(self._directory.iterdir()) if self._directory.is_dir() else []
        named = [] if self._named is None else [self._named]
        return [path for path in [*shipped, *named] if path.is_dir() and not path.name.startswith(".")]

    def _load(self, path: Path) -> PolicyBundle | BundleError:
        try:
            stat = (path / MANIFEST).stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            stamp = (0, 0)
        kept = self._loaded.get(path)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        try:
            loaded: PolicyBundle | BundleError = load_bundle(path)
        except BundleError as error:
            loaded = error
        self._loaded[path] = (stamp, loaded)
        return loaded
