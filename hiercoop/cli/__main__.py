"""`hiercoop`: one module a command; what a command needs is imported when it runs."""

from __future__ import annotations

import os
import sys

import typer

from hiercoop.cli import bench, doctor, evaluate, export, figures, loadtest, signalling, simulate, train, up
from hiercoop.cli.interrupt import EXIT_INTERRUPTED
from hiercoop.cli.options import with_options
from hiercoop.errors import HierCoopError, outcome_of

EXIT_FAILED = 1
LEARNING_PACKAGES = ("torch", "onnx", "safetensors", "tensorboard", "matplotlib")
"""What the environment of `make run` does not have."""

app = typer.Typer(
    name="hiercoop",
    help="Hierarchical cooperative resource allocation for vehicular networks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("simulate")(with_options(simulate.simulate, simulate.SimulateOptions))
app.command("train")(with_options(train.train, train.TrainOptions))
app.command("evaluate")(with_options(evaluate.evaluate, evaluate.EvaluateOptions))
app.command("export")(with_options(export.export, export.ExportOptions))
app.command("figures")(with_options(figures.figures, figures.FiguresOptions))
app.command("up", context_settings=up.FORWARD_EVERYTHING, add_help_option=False)(up.up)
app.command("loadtest")(with_options(loadtest.loadtest, loadtest.LoadtestOptions))
app.command("signalling")(with_options(signalling.signalling, signalling.SignallingOptions))
app.command("bench")(with_options(bench.bench, bench.BenchOptions))
app.command("doctor")(with_options(doctor.doctor, doctor.DoctorOptions))


def main() -> None:
    """Runs the command line; every HierCoopError ends it with one sentence and the exit code of its kind."""
    from hiercoop.logs import configure_logs

    configure_logs()
    try:
        app()
    except HierCoopError as error:
        print(f"hiercoop: {_one_line(error)}", file=sys.stderr)
        sys.exit(outcome_of(error).exit_code)
    except ModuleNotFoundError as error:
        if error.name not in LEARNING_PACKAGES:
            raise
        way_out = "pip install -c constraints.txt -e .[train]"
        print(f"hiercoop: this command learns and needs {error.name}; {way_out}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader has what it wanted; without this the interpreter complains when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: HierCoopError) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()
