import pytest

from hiercoop.cli.bench_downlink import BATCHES, bench_downlink

pytestmark = pytest.mark.processes


def test_every_batch_is_measured_and_the_best_is_the_greatest() -> None:
    told = bench_downlink(repeats=1)
    rates = {batch: row["environment_slots_per_s"] for batch, row in told["environments"].items()}
    assert list(rates) == [str(batch) for batch in BATCHES]
    assert told["best_environment_slots_per_s"] == max(rates.values()) > 0.0
