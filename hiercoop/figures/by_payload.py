"""The paper's Fig. 3 and Fig. 4: what payloads do to capacity and delivery.

Sum capacity compares policies only where payloads never end: with finite ones the better policy falls silent earlier. So
against payload stand the capacity of a link while it is active and the goodput; the sum capacity has a panel of its own.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from hiercoop.figures.cases import DELIVERY, GOODPUT_MBPS, LINK_CAPACITY_MBPS, SUM_CAPACITY_MBPS, Case, Quantity
from hiercoop.figures.contenders import BASELINES, CONTENDERS, EVERY_SLOT, Policy
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.rows import Row
from hiercoop.figures.study import StudyConfig, full_buffer, with_payload

POLICIES: tuple[Policy, ...] = (EVERY_SLOT, *CONTENDERS, *BASELINES)
PAYLOAD_AXIS = "payload of each vehicle [kB]"


def capacity_cases(study: StudyConfig) -> list[Case]:
    """Link capacity and goodput at every payload, sum capacity with full buffers."""
    endless = full_buffer(study.scenario)
    return [
        *_against_payload(study, "link capacity", LINK_CAPACITY_MBPS),
        *_against_payload(study, "goodput", GOODPUT_MBPS),
        *(
            Case("sum capacity", "full buffer", policy, endless, SUM_CAPACITY_MBPS, study.episodes)
            for policy in POLICIES
            if policy != "best-response-payload"
        ),
    ]


def draw_capacity(study: StudyConfig, rows: list[Row]) -> Figure:
    """Three panels under each other."""
    return draw_panels(
        rows,
        [
            Panel("link capacity", PAYLOAD_AXIS, "link capacity while active\n[Mbit/s]"),
            Panel("goodput", PAYLOAD_AXIS, "goodput, all links\n[Mbit/s]"),
            Panel("sum capacity", "sum capacity, full buffers [Mbit/s]", "", "ranking"),
        ],
    )


def delivery_cases(study: StudyConfig) -> list[Case]:
    """Delivery success at every payload."""
    return _against_payload(study, "delivery", DELIVERY)


def draw_delivery(study: StudyConfig, rows: list[Row]) -> Figure:
    """One panel."""
    slots_ms = 1e3 * study.scenario.episode_slots * study.scenario.radio.slot_duration_s
    return draw_panels(
        rows, [Panel("delivery", PAYLOAD_AXIS, f"share of links delivered\nwithin {slots_ms:g} ms", is_share=True)]
    )


def _against_payload(study: StudyConfig, panel: str, quantity: Quantity) -> list[Case]:
    return [
        Case(panel, payload / 1e3, policy, with_payload(study.scenario, payload), quantity, study.episodes)
        for policy in POLICIES
        for payload in study.payloads_bytes
    ]
