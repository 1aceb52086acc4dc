import "uplot/dist/uPlot.min.css";

import { render } from "preact";

import { followReference } from "./api/reference";
import { follow } from "./api/stream";
import { App } from "./app";
import { followRuns } from "./compare/kept";
import { followKeys } from "./state/keyboard";

document.getElementById("loading")?.remove();
render(<App />, document.body);
follow();
followReference();
followRuns();
followKeys();
