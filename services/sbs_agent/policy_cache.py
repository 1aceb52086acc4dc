"""Policy bundles that an agent has fetched before, by digest, shared by all agents of a machine."""

from __future__ import annotations

from pathlib import Path

from hiercoop.errors import BundleError
from hiercoop.execution.bundle import PolicyBundle, load_bundle, write_bundle
from hiercoop.logs import get_logger

log = get_logger(__name__)


class PolicyCache:
    """A directory with one bundle a digest; a damaged one counts as absent."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, digest: str) -> PolicyBundle | None:
        """The cached bundle with this digest, verified."""
        path = self._directory / digest
        if not digest or not path.is_dir():
            return None
        try:
            bundle = load_bundle(path)
        except BundleError as error:
            log.warning("cached policy refused", reason=str(error))
            return None
        return bundle if bundle.digest == digest else None

    def keep(self, bundle: PolicyBundle) -> None:
        """Writes the bundle whole or not at all; a cache that cannot be written is only slower."""
        if (self._directory / bundle.digest).exists() and self.find(bundle.digest) is not None:
            return
        try:
            write_bundle(bundle, self._directory / bundle.digest)
        except OSError as error:
            log.warning("policy not cached", directory=str(self._directory), reason=error.strerror)
