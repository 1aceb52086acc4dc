"""The command line as a shell sees it: exit code, stdout and stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from hiercoop.cli.__main__ import main
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.bundle import write_bundle
from tests.bundles import random_bundle


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one object on stdout."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture
def hiercoop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Answer]]:
    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["hiercoop", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Answer(int(end.value.code or 0), captured.out, captured.err)

    yield run
    # `main` sends logs to the stderr of this test, which ends with it.
    structlog.reset_defaults()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A whole bundle with random weights."""
    write_bundle(random_bundle(ScenarioConfig()), tmp_path / "policy")
    return tmp_path / "policy"
