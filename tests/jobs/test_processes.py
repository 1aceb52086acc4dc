"""Jobs in real worker processes, some of which are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from hiercoop.jobs.processes import ProcessEngine
from hiercoop.jobs.results import EvaluateResult, TrainResult
from hiercoop.jobs.schedule import MAX_ATTEMPTS, run_jobs
from hiercoop.jobs.store import ResultStore
from tests.jobs.described import evaluation, training

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "jobs")


@pytest.fixture
def engine(store):
    engine = ProcessEngine(store, 2)
    yield engine
    engine.close()


class Killer(threading.Thread):
    """Kills the worker of one job, so many times, each time once it has begun the job."""

    def __init__(self, engine, job, times, once_there=None):
        super().__init__(daemon=True)
        self.engine, self.job, self.times, self.once_there, self.killed = engine, job, times, once_there, []

    def run(self):
        deadline_s = time.monotonic() + PATIENCE_S
        while len(self.killed) < self.times and time.monotonic() < deadline_s:
            pid = self.engine.worker_pids.get(self.job.name)
            if pid is not None and pid not in self.killed and self._has_begun(pid):
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)
            time.sleep(0.002)

    def _has_begun(self, pid):
        """Its output goes to the job's log from the moment it takes the job; or the file to wait for is there."""
        if self.once_there is not None:
            return self.once_there.exists()
        try:
            return Path(f"/proc/{pid}/fd/1").readlink().name == f"{self.job.name}.log"
        except OSError:
            return False


def test_results_of_many_jobs_arrive_and_are_not_made_again(store, engine):
    jobs = [evaluation(seed) for seed in range(5)]
    tally = run_jobs(jobs, store, engine)
    assert (tally.done, tally.found, tally.failures) == (5, 0, {})
    made = {job.name: store.path(job).stat().st_mtime_ns for job in jobs}
    again = run_jobs([*jobs, evaluation(99)], store, engine)
    assert (again.done, again.found) == (1, 5)
    assert {job.name: store.path(job).stat().st_mtime_ns for job in jobs} == made


def test_workers_give_the_results_of_this_process(store, engine, tmp_path):
    from hiercoop.jobs.perform import perform

    job = evaluation(policy="best-response", episodes=2)
    run_jobs([job], store, engine)
    assert store.read(job, EvaluateResult) == perform(job, {}, tmp_path)


def test_a_killed_workers_job_is_run_again(store, engine):
    victim, other = evaluation(1), evaluation(2)
    killer = Killer(engine, victim, times=1)
    killer.start()
    tally = run_jobs([victim, other], store, engine)
    killer.join()
    assert len(killer.killed) == 1
    assert (tally.done, tally.failures) == (2, {})


def test_a_job_that_is_killed_each_time_is_given_up_with_one_sentence_and_stops_no_other(store, engine):
    victim, others = evaluation(1), [evaluation(seed) for seed in range(2, 6)]
    killer = Killer(engine, victim, times=MAX_ATTEMPTS)
    killer.start()
    tally = run_jobs([victim, *others], store, engine)
    killer.join()
    assert len(killer.killed) == MAX_ATTEMPTS
    assert tally.done == len(others)
    (sentence,) = tally.failures.values()
    assert victim.name in sentence
    assert f"killed {MAX_ATTEMPTS} times (SIGKILL)" in sentence
    assert str(store.log_path(victim)) in sentence


def test_a_failed_job_tells_its_reason_and_stops_only_those_that_need_it(store, engine):
    broken = training(1, "hyperparameters.no_such_setting=1")
    tally = run_jobs([evaluation(policy=broken), evaluation(policy="no-such-policy"), evaluation(3)], store, engine)
    assert tally.done == 1
    assert "no_such_setting" in tally.failures[broken.name]
    assert broken.name in tally.failures[evaluation(policy=broken).name]
    assert "no-such-policy" in tally.failures[evaluation(policy="no-such-policy").name]


def test_an_unforeseen_error_fails_the_job_and_leaves_its_traceback_in_the_log(store, engine):
    store.root.mkdir()
    (store.root / "results").write_text("not a directory")
    tally = run_jobs([evaluation()], store, engine)
    assert "exit code 1" in tally.failures[evaluation().name]
    assert "Traceback" in store.log_path(evaluation()).read_text()


def test_an_evaluation_waits_for_its_training(store, engine):
    job = evaluation(policy=training())
    tally = run_jobs([job], store, engine)
    assert (tally.done, tally.failures) == (2, {})
    assert (store.run_dir(training()) / "bundle" / "manifest.json").exists()


def test_a_training_that_is_killed_is_resumed_and_ends_as_one_that_is_not(store, engine, tmp_path):
    job = training(1, "iterations=4")
    killer = Killer(engine, job, times=1, once_there=store.run_dir(job) / "checkpoints" / "latest.safetensors")
    killer.start()
    run_jobs([job], store, engine)
    killer.join()
    assert len(killer.killed) == 1
    whole = ResultStore(tmp_path / "whole")
    other = ProcessEngine(whole, 1)
    run_jobs([job], whole, other)
    other.close()
    resumed, uninterrupted = (place.read(job, TrainResult) for place in (store, whole))
    assert resumed.files_base64["sbs.onnx"] == uninterrupted.files_base64["sbs.onnx"]
    assert resumed.metrics == uninterrupted.metrics
    assert len(resumed.metrics["reward"]) == 4


def test_ctrl_c_leaves_whole_results_and_no_workers(tmp_path):
    program = f"""
from pathlib import Path
from hiercoop.jobs.processes import ProcessEngine
from hiercoop.jobs.schedule import run_jobs
from hiercoop.jobs.store import ResultStore
from tests.jobs.described import evaluation
if __name__ == "__main__":
    store = ResultStore(Path({str(tmp_path)!r}))
    engine = ProcessEngine(store, 2)
    try:
        run_jobs([evaluation(1), evaluation(2, episodes=1_000_000)], store, engine)
    finally:
        engine.close()
"""
    script = tmp_path / "program.py"
    script.write_text(program)
    parent = subprocess.Popen(
        [sys.executable, script], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    store = ResultStore(tmp_path)
    deadline_s = time.monotonic() + PATIENCE_S
    while not store.has(evaluation(1)) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    workers = psutil.Process(parent.pid).children(recursive=True)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(PATIENCE_S) != 0
    assert psutil.wait_procs(workers, PATIENCE_S)[1] == []
    assert store.read(evaluation(1), EvaluateResult).metrics["reward"]
    assert [path.name for path in (tmp_path / "results").iterdir()] == [f"{evaluation(1).name}.json"]
