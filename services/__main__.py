"""`python -m services`: the whole stack on this machine: simulator, SBS agents, edge and its pages."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import tempfile
from pathlib import Path

from hiercoop.config.bounds import MAX_SBS
from hiercoop.errors import HierCoopError, UnreachableError, outcome_of
from services.supervisor import Child, Supervisor

HOST = "127.0.0.1"
DEFAULT_SBS = 3
RUNS_DB = Path("runs") / "dashboard.sqlite"
WEB_NICENESS = 10
"""Pages and counters come after the slot clock, also while all start at once."""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options; argparse ends the process with 2 where they make no sense."""
    parser = argparse.ArgumentParser(prog="hiercoop up", description=__doc__)
    parser.add_argument("--sbs", type=int, default=DEFAULT_SBS, metavar="K", help="small cells, and agents to serve them")
    parser.add_argument("--agents", type=int, metavar="N", help="agents to start; by default one a cell")
    parser.add_argument("--scenario", default="urban-grid", metavar="NAME", help="scenario preset")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file laid over the preset")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="one setting")
    parser.add_argument("--mobility", type=Path, metavar="TRACE", help="SUMO floating-car data that moves the vehicles")
    parser.add_argument("--policy", default="default", metavar="DIR", help="bundle directory or a name under policies/")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of every random stream")
    parser.add_argument("--slots", type=int, metavar="N", help="end after this many slots")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write the run's trace")
    parser.add_argument("--pacing", choices=("lockstep", "realtime"), default="lockstep")
    parser.add_argument("--options", choices=("synchronous", "asynchronous"), default="synchronous")
    parser.add_argument("--reporting", choices=("every-slot", "periodic", "on-termination"), default="on-termination")
    parser.add_argument("--period", type=int, default=5, metavar="N", help="slots between periodic reports")
    parser.add_argument("--codec", choices=("fp32", "fp16", "int8"), default="fp32", help="features on the wire")
    parser.add_argument("--sim-port", type=int, default=50051, metavar="PORT", help="0: any free port")
    parser.add_argument("--edge-port", type=int, default=50052, metavar="PORT", help="0: any free port")
    parser.add_argument("--http-port", type=int, default=8080, metavar="PORT", help="0: any free port")
    parser.add_argument("--runs-db", type=Path, default=RUNS_DB, metavar="FILE", help="where the page keeps runs")
    parser.add_argument("--no-http", action="store_true", help="start no REST API and no page")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="warning")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout at the end")
    options = parser.parse_args(arguments)
    for name, least in (("sbs", 1), ("agents", 0), ("slots", 1), ("period", 1)):
        value = getattr(options, name)
        if value is not None and value < least:
            parser.error(f"--{name}={value} must be at least {least}")
    for name in ("sbs", "agents"):
        if (getattr(options, name) or 0) > MAX_SBS:
            parser.error(f"--{name}={getattr(options, name)} must be at most {MAX_SBS}")
    return options


def free_port(port: int, option: str) -> int:
    """The port, or any free one for 0; UnreachableError names one that is taken, and the way out."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise UnreachableError(
                f"port {port} on {HOST} cannot be had ({error}); end what uses it, or choose another with {option}"
            ) from error
        return int(probe.getsockname()[1])


def make_children(options: argparse.Namespace, state_dir: str) -> list[Child]:
    """The processes of a stack, the simulator first; they find each other by their environment."""
    addresses = {
        "SIM_ADDR": f"{HOST}:{free_port(options.sim_port, '--sim-port')}",
        "EDGE_ADDR": f"{HOST}:{free_port(options.edge_port, '--edge-port')}",
    }
    common = addresses | {"LOG_LEVEL": options.log_level, "POLICY": options.policy, "STATE_DIR": state_dir}
    children = [
        Child("simulator", "services.channel_sim", common | _simulator_environment(options), is_vital=True),
        Child("edge", "services.upper_edge.decisions", common),
    ]
    num_agents = options.sbs if options.agents is None else options.agents
    children += [
        Child(f"agent {number}", "services.sbs_agent", common | {"AGENT_NAME": f"agent-{number}"})
        for number in range(num_agents)
    ]
    if not options.no_http:
        http = {
            "HTTP_HOST": HOST,
            "HTTP_PORT": str(free_port(options.http_port, "--http-port")),
            "RUNS_DB": str(options.runs_db),
        }
        children.append(Child("web", "services.upper_edge.web", common | http, niceness=WEB_NICENESS))
    return children


def _simulator_environment(options: argparse.Namespace) -> dict[str, str]:
    environment = {
        "SBS": options.sbs,
        "SCENARIO": options.scenario,
        "SETTINGS": json.dumps(options.settings),
        "SEED": options.seed,
        "PACING": options.pacing,
        "OPTIONS": options.options,
        "REPORTING": options.reporting,
        "REPORT_PERIOD_SLOTS": options.period,
        "CODEC": options.codec,
        "CONFIG": options.config,
        "MOBILITY": options.mobility,
        "MAX_SLOTS": options.slots,
        "TRACE": options.trace,
        "MIN_AGENTS": min(options.agents, options.sbs) if options.agents else None,
        "ENDS_BY_ITSELF": bool(options.slots or options.trace or options.json),
    }
    return {name: str(value) for name, value in environment.items() if value is not None}


def run_stack(options: argparse.Namespace) -> int:
    """The exit code of the stack: 0 when it ended by itself or was stopped, else that of the process that failed."""
    with tempfile.TemporaryDirectory(prefix="hiercoop-") as state_dir:
        children = make_children(options, state_dir)
        if not options.no_http:
            _say(f"serving http://{HOST}:{children[-1].environment['HTTP_PORT']}/")
        outcome = asyncio.run(Supervisor(children, _say).run())
    if outcome.exit_code != 0:
        _say(outcome.reason)
        return outcome.exit_code
    _print_summary(children[0], options.json)
    return 0


def _print_summary(simulator: Child, as_json: bool) -> None:
    """Nothing where the stack was stopped before its simulator had begun."""
    lines = simulator.output.decode().splitlines()
    for line in lines[-1:]:
        if as_json:
            print(line)
            continue
        for key, value in json.loads(line).items():
            print(f"{key:<18} {value}")


def _say(sentence: str) -> None:
    print(f"hiercoop: {sentence}", file=sys.stderr, flush=True)


def main() -> int:
    """The exit code of the process."""
    options = parse()
    try:
        return run_stack(options)
    except HierCoopError as error:
        _say(str(error))
        return outcome_of(error).exit_code


if __name__ == "__main__":
    sys.exit(main())
