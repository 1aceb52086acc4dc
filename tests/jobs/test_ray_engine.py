"""Jobs on a real Ray on this machine; left out where Ray is not installed (it is no part of the test environment)."""

import importlib.util
import os
import signal
import threading
import time

import psutil
import pytest

from hiercoop.errors import ConfigError
from hiercoop.jobs.ray_engine import RayEngine
from hiercoop.jobs.results import EvaluateResult
from hiercoop.jobs.schedule import run_jobs
from hiercoop.jobs.store import ResultStore
from tests.jobs.described import evaluation, training

pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings("default")]
HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="pip install ray to test it")


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_one_sentence_says_what_to_install(tmp_path):
    with pytest.raises(ConfigError, match=r"pip install hiercoop\[ray\]"):
        RayEngine(ResultStore(tmp_path), 2)


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "jobs")


@pytest.fixture
def engine(store):
    engine = RayEngine(store, 2)
    yield engine
    engine.close()


@needs_ray
def test_ray_gives_the_results_of_this_process(store, engine, tmp_path):
    from hiercoop.jobs.perform import perform

    tally = run_jobs([evaluation(1), evaluation(policy=training())], store, engine)
    assert (tally.done, tally.failures) == (3, {})
    assert store.read(evaluation(1), EvaluateResult) == perform(evaluation(1), {}, tmp_path)
    assert run_jobs([evaluation(1)], store, engine).found == 1


@needs_ray
def test_a_killed_ray_workers_job_is_run_again_and_a_failed_one_is_not(store, engine):
    long, broken = evaluation(7, episodes=6_000), evaluation(policy="no-such-policy")
    killed = []
    killer = threading.Thread(target=_kill_a_working_worker, args=(killed,), daemon=True)
    killer.start()
    tally = run_jobs([long, broken], store, engine)
    killer.join()
    assert len(killed) == 1
    assert tally.done == 1
    assert "no-such-policy" in tally.failures[broken.name]


@needs_ray
def test_ray_listens_on_loopback_only(engine):
    children = psutil.Process().children(recursive=True)
    listening = [
        link.laddr.ip for child in children for link in child.net_connections("inet") if link.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def _kill_a_working_worker(killed):
    """The job that fails is done within a moment; the worker that is still at its task a second later has the long one."""
    deadline_s = time.monotonic() + 120.0
    since_s: dict[int, float] = {}
    while not killed and time.monotonic() < deadline_s:
        working = [child.pid for child in psutil.Process().children(recursive=True) if _has_a_task(child)]
        since_s = {pid: since_s.get(pid, time.monotonic()) for pid in working}
        if len(working) == 1 and time.monotonic() - since_s[working[0]] > 1.0:
            os.kill(working[0], signal.SIGKILL)
            killed.append(working[0])
        time.sleep(0.01)


def _has_a_task(process):
    """Ray names a worker after the task that it runs."""
    try:
        return "_perform_remotely" in " ".join(process.cmdline())
    except psutil.Error:
        return False
