// Short names of the answers, from the server's own description of itself.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Status = Schemas["Status"];
export type RunStatus = Schemas["RunStatus"];
export type ServiceStatus = Schemas["ServiceStatus"];
export type CellState = Schemas["CellState"];
export type Cells = Schemas["Cells"];
export type OptionDistribution = Schemas["OptionDistribution"];
export type Capacity = Schemas["Capacity"];
export type Delivery = Schemas["Delivery"];
export type Signalling = Schemas["Signalling"];
/** RFC 9457. */
export interface Problem { title: string; status: number; detail: string }
export type Applied = Schemas["Applied"];

export type Vehicles = Schemas["Vehicles"];
export type ServedLink = Schemas["ServedLink"];
export type GroundMap = Schemas["Map"];
export type Policies = Schemas["Policies"];
export type Decision = Schemas["Decision"];
export type Chain = Schemas["Chain"];
export type Quantity = Schemas["Quantity"];
export type Inferred = Schemas["Inferred"];
export type OptionInForce = Schemas["OptionInForce"];
export type LinkOutcome = Schemas["LinkOutcome"];
export type Spectrum = Schemas["Spectrum"];
export type BandUse = Schemas["BandUse"];
export type Events = Schemas["Events"];
export type LogEntry = Schemas["LogEntry"];
export type Runs = Schemas["Runs"];
export type RunSummary = Schemas["RunSummary"];
export type RunDetail = Schemas["RunDetail"];
export type RunSeriesKept = Schemas["RunSeriesKept"];

export type Series = Schemas["Series"];
export type Snapshot = Schemas["Snapshot"];

/** Scenarios that a new run can be begun with. */
export type Scenarios = Schemas["Scenarios"];
