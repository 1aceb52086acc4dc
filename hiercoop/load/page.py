"""A load test as one HTML file: tables and a chart, no script, nothing from the network."""

from __future__ import annotations

import math
from html import escape
from importlib.resources import files
from string import Template

from hiercoop.load.report import LoadReport

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 90, 12, 34
TICKS = (50.0, 90.0, 99.0, 99.9, 99.99)
MISSING = "not known"


def render_page(report: LoadReport) -> str:
    """The page."""
    template = Template(files("hiercoop.load").joinpath("page.html").read_text("utf-8"))
    load = report.load
    subtitle = (
        f"{load.num_sbs} SBSs, one report every {load.period_s * 1000:g} ms each, phases spread, "
        f"{'single messages' if not load.packed else f'{load.packed} in a message'}, {load.codec}; "
        f"missed is what had no answer within {load.deadline_s * 1000:g} ms. "
        f"{load.num_clients} client processes; {len(report.rounds)} rounds of {load.seconds:g} s."
    )
    return template.substitute(
        subtitle=escape(subtitle),
        figures=_figures(report),
        chart=_chart(report),
        saturation=_saturation(report),
        machine=_rows([[key, str(value)] for key, value in report.machine.items()]),
    )


def _figures(report: LoadReport) -> str:
    rows = [["", "edge", "echo", "ratio"]]
    for label, name, ratio in (
        ("messages planned", "messages_planned", None),
        ("messages answered", "messages_answered", None),
        ("reports decided", "reports_decided", None),
        ("missed [%]", "missed_percent", None),
        ("server time a message [us]", "server_cpu_us_per_message", "server_cpu_per_message"),
        ("server time a report [us]", "server_cpu_us_per_report", None),
    ):
        rows.append([label, *(_number(getattr(one, name)) for one in (report.edge, report.echo)), _ratio(report, ratio)])
    for name in report.edge.latency_us:
        values = (_number(one.latency_us[name]) for one in (report.edge, report.echo))
        rows.append([f"latency {name} [us]", *values, _ratio(report, f"latency_{name}")])
    for one, label in ((report.edge, "edge"), (report.echo, "echo")):
        rows += [[f"{label}: {status}", str(count), "", ""] for status, count in one.errors.items()]
    late = (_number(one.generator_lateness_us["p99"]) for one in (report.edge, report.echo))
    rows.append(["generator behind its schedule, p99 [us]", *late, ""])
    return _rows(rows)


def _saturation(report: LoadReport) -> str:
    if report.saturation is None:
        return ""
    rows = [["", "SBSs", "reports a second"]]
    rows += [[name, str(found.num_sbs), _number(found.reports_per_s)] for name, found in report.saturation.items()]
    return f"<h2>Largest number of SBSs with less than 0.5 % missed</h2><table>{_rows(rows)}</table>"


def _chart(report: LoadReport) -> str:
    """Both latencies over percentile, the better told the nearer to 100 %; both axes logarithmic."""
    curves = {name: [(share, value) for share, value in one.latency_curve_us if value > 0] for name, one in report.readings()}
    values = [value for curve in curves.values() for _, value in curve]
    if not values:
        return "<p>No message was answered.</p>"
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values) + 1))
    span = max(high - low, 1)

    def x_of(share: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * -math.log10(1.0 - share / 100.0) / 4.0

    def y_of(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(value) - low) / span

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Latency by percentile of edge and echo">']
    for decade in range(low, low + span + 1):
        y = y_of(10.0**decade)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_duration(10.0**decade)}</text>')
    for share in TICKS:
        parts.append(f'<text x="{x_of(share):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{share:g} %</text>')
    for name, curve in curves.items():
        points = " L".join(f"{x_of(share):.1f} {y_of(value):.1f}" for share, value in curve)
        parts.append(f'<path class="{name}" d="M{points}"/>')
        x, y = x_of(curve[-1][0]), y_of(curve[-1][1])
        parts.append(f'<text class="{name}" x="{x + 8:.1f}" y="{y + 4:.1f}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _rows(rows: list[list[str]]) -> str:
    return "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)


def _ratio(report: LoadReport, key: str | None) -> str:
    return _number(report.ratios[key]) if key in report.ratios else ""


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _duration(value_us: float) -> str:
    return f"{value_us / 1e6:g} s" if value_us >= 1e6 else f"{value_us / 1e3:g} ms" if value_us >= 1e3 else f"{value_us:g} us"
