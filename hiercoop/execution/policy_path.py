"""Where a policy bundle lies that was named on a command line or in a setting."""

from __future__ import annotations

from pathlib import Path

from hiercoop.errors import BundleError

SHIPPED = Path(__file__).resolve().parents[2] / "policies"


def policy_path(policy: str) -> Path:
    """The directory of a bundle, given as a path or as a name under policies/; BundleError where there is none."""
    candidates = (Path(policy), SHIPPED / policy)
    for path in candidates:
        if policy and path.is_dir():
            return path
    names = sorted(path.name for path in SHIPPED.iterdir() if path.is_dir()) if SHIPPED.is_dir() else []
    known = ", ".join(names) or "none yet"
    raise BundleError(f"policy {policy!r} is neither a directory nor a name under policies/ ({known}); train or name one")
