"""The chain of a decision: every figure follows from those before it, slot by slot, in every way of reporting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hiercoop.config.load import load_scenario
from hiercoop.config.run import RunConfig
from hiercoop.execution.bundle import PolicyBundle, load_bundle
from hiercoop.execution.in_process import InProcessRun
from hiercoop.execution.policy_path import policy_path
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.watch_snapshot import watch_snapshot
from services.upper_edge.web.board import Board, Link, Run
from services.upper_edge.web.chain import chain_of
from services.upper_edge.web.decision_models import Chain
from services.upper_edge.web.routers.spectrum import spectrum_of
from services.upper_edge.web.routers.vehicles import vehicles_of

NUM_CELLS = 3


@pytest.fixture(scope="module")
def bundle() -> PolicyBundle:
    return load_bundle(policy_path("default"))


class Watched:
    """A run in this process, and a board that hears of every slot of it."""

    def __init__(self, bundle: PolicyBundle, *settings: str, **modes: object) -> None:
        scenario = load_scenario("urban-grid", settings=('mobility.kind="grid"', *settings))
        self.whole = InProcessRun(RunConfig(scenario=scenario, **modes), bundle)  # type: ignore[arg-type]
        self.board = Board(Link("nowhere"), Link("nowhere"), PolicyShelf())

    @property
    def run(self) -> Run:
        assert self.board.run is not None
        return self.board.run

    def advance(self, slots: int) -> None:
        """Goes on by some slots, and tells of each."""
        for _ in range(slots):
            self.whole.advance()
            self.board.take_watch(watch_snapshot(self.whole.simulator, with_slot=True))

    def chains(self) -> list[Chain]:
        """The latest decision of each cell."""
        found = [chain_of(self.run, cell, self.board.retraces) for cell in range(NUM_CELLS)]
        return [chain for chain in found if chain is not None]


@pytest.mark.parametrize("settings", [(), ("radio.max_spectral_efficiency_bps_hz=4.0",), ("traffic.full_buffer=true",)])
def test_sinr_capacity_and_payload_follow_from_the_gains_that_are_shown(
    bundle: PolicyBundle, settings: tuple[str, ...]
) -> None:
    watched = Watched(bundle, *settings)
    for _ in range(25):
        watched.advance(1)
        for chain in watched.chains():
            check_physics(chain)
    assert any(link.interferers for chain in watched.chains() for link in chain.links)


def check_physics(chain: Chain) -> None:
    radio = chain.radio
    for link in chain.links:
        if not link.is_active:
            assert link.sinr == link.capacity_bps == 0.0
            continue
        assert link.gain is not None
        assert link.interferers is not None
        heard_w = sum(one.gain * radio.tx_power_w for one in link.interferers)
        sinr = link.gain * radio.tx_power_w / (heard_w + radio.noise_w)
        assert link.sinr == pytest.approx(sinr, rel=1e-5)
        assert link.interference_w == pytest.approx(heard_w, rel=1e-12)
        efficiency = math.log2(1.0 + sinr)
        if radio.max_spectral_efficiency_bps_hz is not None:
            efficiency = min(efficiency, radio.max_spectral_efficiency_bps_hz)
        assert link.capacity_bps == pytest.approx(radio.band_bandwidth_hz * efficiency, rel=1e-5)
        if link.payload_before_bits is not None:
            delivered = min(link.payload_before_bits, link.capacity_bps * radio.slot_duration_s)
            assert link.delivered_bits == pytest.approx(delivered, rel=1e-6)
            assert link.payload_left_bits == pytest.approx(link.payload_before_bits - delivered, abs=1e-3)
    assert chain.cell_capacity_bps == pytest.approx(sum(link.capacity_bps for link in chain.links))


def test_the_cells_of_one_slot_sum_to_its_capacity_and_hear_each_other_alike(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(40)
    chains = watched.chains()
    assert sum(chain.cell_capacity_bps for chain in chains) == pytest.approx(chains[0].sum_capacity_bps)
    links = {link.link: link for chain in chains for link in chain.links}
    for link in links.values():
        for one in link.interferers or ():
            other = links[one.link]
            assert other.is_active
            assert (other.band, one.link // 3) == (link.band, one.cell)
            # The same sender at the same receiver is heard with the same gain, whoever asks.
            if other.receiver == link.receiver:
                assert one.gain == other.gain


def test_the_gain_that_the_cell_observed_is_the_gain_that_its_link_had(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(40)
    for chain in watched.chains():
        observed = next(part for part in chain.observation if part.name == "gain")
        snr_db = np.array(observed.values).reshape(observed.shape)
        for link in chain.links:
            if link.is_active and link.power_w is not None:
                station = int(link.station == "mbs")
                expected_db = 10.0 * math.log10(link.power_w / chain.radio.noise_w)
                assert snr_db[link.vehicle_slot, station, link.band] == pytest.approx(expected_db, abs=1e-3)


@pytest.mark.parametrize(
    "modes",
    [{"reporting": "on-termination"}, {"reporting": "every-slot"}, {"reporting": "periodic", "report_period_slots": 5}],
    ids=lambda modes: modes["reporting"],
)
def test_what_the_networks_gave_is_worked_out_again_and_leads_to_what_was_done(
    bundle: PolicyBundle, modes: dict[str, object]
) -> None:
    watched = Watched(bundle, **modes)
    known = 0
    for _ in range(60):
        watched.advance(1)
        for chain in watched.chains():
            values = chain.option_values
            assert chain.features.values is not None
            assert len(chain.features.values) == bundle.manifest.dimensions.features
            if values.values is not None:
                known += 1
                assert int(np.argmax(values.values)) == chain.option.option == values.chosen
                assert values.decided_at_slot == chain.option.since_slot
            for link in chain.links:
                if link.choice_prob is not None:
                    assert sum(link.choice_prob) == pytest.approx(1.0, abs=1e-5)
                    assert int(np.argmax(link.choice_prob)) == link.choice
    # A joint decision may end before every cell has had another turn; then nothing is claimed.
    assert known >= 0.9 * 60 * NUM_CELLS


def test_features_worked_out_again_are_those_that_were_sent(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    compared = 0
    for _ in range(60):
        watched.advance(1)
        detail = watched.run.detail
        assert detail is not None
        for cell, chain in enumerate(watched.chains()):
            retrace = watched.board.retraces.of(watched.run.response, watched.run.config)
            assert not isinstance(retrace, str)
            again = retrace.lower_layer(detail, cell).features
            if chain.features.basis == "told" and chain.option.previous_option is not None:
                assert again is not None
                np.testing.assert_array_equal(np.float32(chain.features.values), again)
                compared += 1
    assert compared > 5


def test_nothing_is_claimed_of_a_policy_that_is_not_here(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.whole.emulation.policy_digest = "ab" * 32
    watched.advance(3)
    chain = watched.chains()[0]
    assert chain.option_values.basis == chain.termination.basis == "unknown"
    assert chain.option_values.values is None
    assert "no directory here" in chain.option_values.why
    check_physics(chain)


def test_nothing_is_claimed_where_the_cell_did_something_else_than_this_policy_would(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(5)
    detail = watched.run.detail
    assert detail is not None
    detail.choice.setflags(write=True)
    detail.choice[detail.active] = (detail.choice[detail.active] + 1) % 8
    chain = watched.chains()[0]
    assert chain.termination.basis == "unknown"
    assert "otherwise" in chain.termination.why


def test_a_cell_that_did_not_answer_holds_and_is_told_so(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(5)
    emulation = watched.whole.emulation
    observations = emulation.begin_slot()
    for cell in (0, 1):
        watched.whole.agents[cell].begin_slot(observations[cell])
        emulation.receive(watched.whole.agents[cell].allocate())
    emulation.end_slot()
    watched.board.take_watch(watch_snapshot(watched.whole.simulator, with_slot=True))
    answered, _, silent = watched.chains()
    assert (answered.option.is_held, silent.option.is_held) == (False, True)
    assert silent.option.option is None
    assert silent.features.basis == "unknown"
    check_physics(silent)


def test_spectrum_counts_each_active_link_once_at_its_receiver_and_its_interference_is_foreign(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(12)
    spectrum = spectrum_of(watched.board)
    assert spectrum.sampled_slots == 12
    assert len(spectrum.uses) == (NUM_CELLS + 1) * 4
    links = {link.link: link for chain in watched.chains() for link in chain.links}
    placed = {link: (use.cell, use.band) for use in spectrum.uses for link in use.links or ()}
    assert placed == {number: (link.receiver, link.band) for number, link in links.items() if link.is_active}
    compared = 0
    for use in spectrum.uses:
        for number in use.links or ():
            foreign = [one.power_w for one in links[number].interferers or () if placed[one.link] != (use.cell, use.band)]
            if foreign:
                compared += 1
                assert use.interference_dbm == pytest.approx(10.0 * math.log10(sum(foreign)) + 30.0, abs=0.01)
    assert compared > 0


def test_a_vehicle_shows_the_figures_of_its_own_link_or_none(bundle: PolicyBundle) -> None:
    watched = Watched(bundle)
    watched.advance(40)
    links = {link.link: link for chain in watched.chains() for link in chain.links}
    shown = vehicles_of(watched.board).links
    assert len(shown) > 0
    for one in shown:
        assert one.capacity_bps == pytest.approx(links[one.link].capacity_bps)
        assert (one.band is None) == (not links[one.link].is_active)
    # The hundredth slot ends the round: the links are dealt anew, and its figures are nobody's of these.
    watched.advance(60)
    assert all(one.capacity_bps is None and one.band is None for one in vehicles_of(watched.board).links)
