"""Errors that HierCoop raises, and what each means to a caller.

HierCoopError
├── ConfigError            a configuration value, key or command is out of bounds            (exit 3)
├── InputFileError         a trace, controls file or other input file cannot be used         (exit 3)
├── BundleError            a policy bundle is damaged, incomplete or of other dimensions     (exit 3)
├── MessageError           a message on the wire has a wrong dtype, shape, cell, slot or digest
├── HandshakeError         two sides disagree on version, digest, dimensions or codec
├── UnreachableError       a service does not answer, or a port is taken                     (exit 4)
├── OverloadError          a service has more to do than it can; come back after `retry_s`  (exit 4)
├── CheckError             a check that was asked for did not hold                           (exit 5)
└── TrainingError          learning cannot go on (NaN, unusable checkpoint)                  (exit 1)

Every message names the value, the bound and the way out, in one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass


class HierCoopError(Exception):
    """Root of all errors that a user may see as one sentence."""


class ConfigError(HierCoopError):
    """A configuration value, key or command is out of bounds."""


class InputFileError(HierCoopError):
    """An input file cannot be used."""


class BundleError(HierCoopError):
    """A policy bundle is damaged, incomplete or of other dimensions."""


class MessageError(HierCoopError):
    """A message on the wire is not what its place in the protocol asks for."""


class HandshakeError(HierCoopError):
    """Two sides of a connection disagree; the message names the field, what came and what is wanted."""


class UnreachableError(HierCoopError):
    """A service does not answer, or an address cannot be had."""


class OverloadError(HierCoopError):
    """A service has more to do than it can, and says when to come back."""

    def __init__(self, message: str, retry_s: float) -> None:
        super().__init__(message)
        self.retry_s = retry_s


class CheckError(HierCoopError):
    """A check that was asked for did not hold."""


class TrainingError(HierCoopError):
    """Learning cannot go on."""


@dataclass(frozen=True)
class Outcome:
    """How one kind of error looks from outside: gRPC status name, HTTP status, exit code, public title."""

    grpc_status: str
    http_status: int
    exit_code: int
    title: str


OUTCOMES: dict[type[HierCoopError], Outcome] = {
    ConfigError: Outcome("INVALID_ARGUMENT", 422, 3, "Invalid configuration"),
    InputFileError: Outcome("INVALID_ARGUMENT", 422, 3, "Unusable input file"),
    BundleError: Outcome("FAILED_PRECONDITION", 409, 3, "Unusable policy bundle"),
    MessageError: Outcome("INVALID_ARGUMENT", 422, 1, "Malformed message"),
    HandshakeError: Outcome("FAILED_PRECONDITION", 409, 1, "The two sides disagree"),
    UnreachableError: Outcome("UNAVAILABLE", 503, 4, "Service unreachable"),
    OverloadError: Outcome("RESOURCE_EXHAUSTED", 429, 4, "Too much at a time"),
    CheckError: Outcome("ABORTED", 409, 5, "Check failed"),
    TrainingError: Outcome("INTERNAL", 500, 1, "Training stopped"),
    HierCoopError: Outcome("INTERNAL", 500, 1, "Error"),
}


def outcome_of(error: HierCoopError) -> Outcome:
    """The outward face of an error: that of its nearest listed class."""
    return next(OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES)
