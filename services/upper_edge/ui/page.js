// Shows what /api/v1/stream tells. Numbers come from there; here they are only placed, named and, up and down, added.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 46, right: 26, top: 8, bottom: 22 };
const SILENT_AFTER_MS = 3000;
const find = (id) => document.getElementById(id);

const page = { status: null, series: null, heardAt: 0, source: null, isLost: false };

// --- words and numbers

const number = (value, digits = 0) =>
  value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (value, digits = 1) => (value == null ? "–" : `${number(value * 100, digits)} %`);
const megabits = (value) => (value == null ? "–" : `${number(value / 1e6, 1)} Mbit/s`);
const tidy = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
const seconds = (value) => (value < 600 ? `${tidy(value)} s` : `${tidy(value / 60)} min`);

function bytes(value) {
  if (value == null) return "–";
  const unit = value < 1e3 ? ["B", 1] : value < 1e6 ? ["kB", 1e3] : value < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${number(value / unit[1], value < 1e3 ? 0 : 1)} ${unit[0]}`;
}

// --- elements; text is only ever set as text

function element(name, content = "", className = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(content);
  return made;
}

function shape(name, attributes, content) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (content != null) made.textContent = content;
  return made;
}

function swatch(kind, className) {
  const svg = shape("svg", { viewBox: "0 0 24 12", "aria-hidden": "true" });
  svg.append(kind === "line" ? shape("path", { d: "M0 6H24", class: `line ${className}` })
    : shape("rect", { width: 24, height: 12, rx: 2, class: className }));
  return svg;
}

function fillTable(id, heads, rows) {
  const head = element("tr"), body = element("tbody");
  for (const [column, title] of heads.entries()) {
    const cell = element("th", title, rows[0]?.[column].className?.startsWith("text") ? "text" : "");
    cell.scope = "col";
    head.append(cell);
  }
  for (const row of rows) {
    const line = element("tr");
    for (const value of row) line.append(value instanceof HTMLTableCellElement ? value : element("td", value));
    body.append(line);
  }
  const top = element("thead");
  top.append(head);
  find(id).replaceChildren(top, body);
}

// --- charts

function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push(at || 0);
  return found;
}

function frame(svg, times, top, label, unit = "") {
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  if (times.length < 2) {
    svg.append(shape("text", { x: width / 2, y: height / 2, class: "empty" }, "Waiting for the first slots"));
    return null;
  }
  const right = width - MARGIN.right, bottom = height - MARGIN.bottom;
  const first = times[0], last = times.at(-1);
  const x = (time) => MARGIN.left + ((time - first) / (last - first)) * (right - MARGIN.left);
  const y = (value) => bottom - (value / top) * (bottom - MARGIN.top);
  for (const value of ticks(0, top, 4)) {
    svg.append(shape("path", { d: `M${MARGIN.left} ${y(value)}H${right}`, class: "grid" }));
    svg.append(shape("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, label(value)));
  }
  for (const time of ticks(first, last, Math.max(3, width / 100))) {
    svg.append(shape("text", { x: x(time), y: height - 5, "text-anchor": "middle" }, seconds(time)));
  }
  svg.append(shape("text", { x: MARGIN.left + 6, y: MARGIN.top + 12 }, unit));
  return { x, y, right };
}

function drawBands(svg, times, shares) {
  const place = frame(svg, times, 1, (value) => percent(value, 0));
  if (!place) return;
  const lows = times.map(() => 0);
  for (let option = 0; option < shares[0].length; option++) {
    const highs = lows.map((low, i) => low + (shares[i][option] ?? 0));
    const edge = (levels) => levels.map((level, i) => `${place.x(times[i]).toFixed(1)} ${place.y(level).toFixed(1)}`);
    const outline = `M${edge(highs).join("L")}L${edge(lows).reverse().join("L")}Z`;
    svg.append(shape("path", { d: outline, class: `band c${option % 8}` }));
    const low = place.y(lows.at(-1)), high = place.y(highs.at(-1));
    if (low - high > 12) svg.append(shape("text", { x: place.right + 6, y: (low + high) / 2 + 4 }, option));
    highs.forEach((value, i) => (lows[i] = value));
  }
}

function drawLines(svg, times, lines, { top, label, unit = "", isFilled = false }) {
  const place = frame(svg, times, top, label, unit);
  if (!place) return;
  for (const { values, className } of lines) {
    const known = values.map((value, i) => [value, times[i]]).filter(([value]) => value != null);
    if (known.length < 2) continue;
    const points = known.map(([value, time]) => `${place.x(time).toFixed(1)} ${place.y(value).toFixed(1)}`).join("L");
    if (isFilled) {
      const ends = [known.at(-1)[1], known[0][1]].map((time) => `${place.x(time).toFixed(1)} ${place.y(0)}`).join("L");
      svg.append(shape("path", { d: `M${points}L${ends}Z`, class: `area ${className}` }));
    }
    svg.append(shape("path", { d: `M${points}`, class: `line ${className}` }));
  }
}

function roof(values, least) {
  const highest = Math.max(least, ...values.filter((value) => value != null)) * 1.15;
  const step = 10 ** Math.floor(Math.log10(highest)) / 2;
  return Math.ceil(highest / step) * step;
}

// --- panels

function showOptions(options) {
  const latest = options.share.at(-1) ?? [];
  drawBands(find("options-chart"), options.time_s, options.share);
  find("options-legend").replaceChildren(...latest.map((value, option) => {
    const item = element("li");
    item.append(swatch("block", `c${option % 8}`), `option ${option}`, element("strong", percent(value, 0)));
    return item;
  }));
  const heads = ["", ...latest.map((_, option) => `option ${option}`)];
  const rows = options.by_cell.map((row) => [`cell ${row.cell}, whole run`, ...row.share.map((value) => percent(value))]);
  for (const row of options.by_payload) {
    rows.push([`payload ${bytes(row.payload_bytes)}, as watched`, ...row.share.map((value) => percent(value))]);
  }
  options.time_s.forEach((time, i) => rows.push([`up to ${number(time, 2)} s`, ...options.share[i].map((value) => percent(value))]));
  fillTable("options-table", heads, rows);
}

function showCapacity(capacity) {
  find("capacity-now").textContent = megabits(capacity.current_bps);
  find("capacity-mean").textContent = `${when()}; ${megabits(capacity.mean_bps)} over the run`;
  const values = capacity.sum_capacity_bps;
  drawLines(find("capacity-chart"), capacity.time_s, [{ values, className: "accent" }],
    { top: roof(values, 1e6), label: (value) => tidy(value / 1e6), unit: "Mbit/s", isFilled: true });
  fillTable("capacity-table", ["Simulated time", "Sum, Mbit/s", ...capacity.by_cell.map((row) => `cell ${row.cell}`)],
    capacity.time_s.map((time, i) => [`${number(time, 2)} s`, number(values[i] / 1e6, 2),
      ...capacity.by_cell.map((row) => number(row.capacity_bps[i] / 1e6, 2))]));
}

function showDelivery(delivery) {
  const spent = delivery.time_to_deliver_s;
  find("delivery-now").textContent = percent(delivery.current_success ?? delivery.success);
  find("delivery-mean").textContent = `${when()}; ${percent(delivery.success)} over the run` +
    (spent == null ? "" : `, delivered in ${number(spent * 1e3, 1)} ms on average`);
  drawLines(find("delivery-chart"), delivery.time_s, [{ values: delivery.success_series, className: "accent" }],
    { top: 1, label: (value) => percent(value, 0), isFilled: true });
  fillTable("delivery-table", ["Simulated time", "Success", "Time to deliver, ms"], delivery.time_s.map((time, i) =>
    [`${number(time, 2)} s`, percent(delivery.success_series[i]), number(delivery.time_to_deliver_series_s[i] * 1e3 || null, 1)]));
}

const LAYER_NAMES = { payload: "Payload", http2: "HTTP/2", link: "Link, modelled" };

function showSignalling(signalling) {
  const of = (layer, direction) =>
    signalling.series.find((row) => row.layer === layer && row.direction === direction)?.bytes_per_slot ?? [];
  const layers = signalling.layers.map((row) => row.layer);
  const sums = layers.map((layer) => of(layer, "up").map((value, i) => value + of(layer, "down")[i]));
  drawLines(find("signalling-chart"), signalling.time_s, sums.map((values, i) => ({ values, className: `l${i}` })),
    { top: roof(sums.flat(), 1), label: tidy, unit: "bytes a slot" });
  find("signalling-legend").replaceChildren(...layers.map((layer, i) => {
    const item = element("li");
    item.append(swatch("line", `l${i}`), LAYER_NAMES[layer]);
    return item;
  }));
  find("signalling-now").textContent = sums[1]?.length ? `${number(sums[1].at(-1), 1)} B a slot` : "–";
  find("signalling-mean").textContent = `${when()}, HTTP/2, up and down together`;
  fillTable("signalling-table", ["Layer", "Up, B a slot", "Down, B a slot", "Run, B a slot", "Run, a second of a cell", "Bits a delivered bit"],
    signalling.layers.map((row) => [LAYER_NAMES[row.layer], number(of(row.layer, "up").at(-1), 1), number(of(row.layer, "down").at(-1), 1),
      number(row.bytes_per_slot, 1), bytes(row.bytes_per_sbs_second), number(row.bits_per_delivered_bit, 5)]));
}

function showCells(cells) {
  fillTable("cells-table", ["Cell", "Agent", "Attached", "Edge", "Option", "For, slots", "Delivered", "Served + waiting", "Missed slots", "Gaps", "Decided alone"],
    cells.map((cell) => {
      const badge = element("span", "", "badge");
      if (cell.option != null) badge.append(swatch("block", `c${cell.option % 8}`), String(cell.option));
      return [String(cell.cell), element("td", cell.agent || "–", "text"),
        element("td", cell.is_attached ? "yes" : "no agent", cell.is_attached ? "good" : "bad"),
        element("td", cell.is_edge_connected ? "connected" : "gone", cell.is_edge_connected ? "good" : "bad"),
        cell.option == null ? "none" : element("td", badge), number(cell.option_age_slots),
        percent(cell.rounds_offered ? cell.rounds_delivered / cell.rounds_offered : null),
        `${cell.vehicles_served} + ${cell.vehicles_waiting}`, element("td", number(cell.missed_slots), cell.missed_slots ? "bad" : ""),
        element("td", number(cell.gaps), cell.gaps ? "bad" : ""), number(cell.local_slots)];
    }));
}

function showServices(status) {
  fillTable("services-table", ["Service", "Address", "Health", "Reconnects", "Last error"], status.services.map((row) =>
    [row.name, element("td", row.address ?? "this page's", "text"),
      element("td", row.health.replace("_", " "), row.health === "serving" ? "good" : "bad"), number(row.reconnects),
      element("td", row.last_error || "none", "text long")]));
  const found = status.troubles;
  find("troubles").textContent = found == null ? "" :
    `Gaps ${number(found.gaps)} · missed slots ${number(found.missed_slots)} · late slots ${number(found.late_slots)} · ` +
    `dropped messages ${number(found.dropped_messages)} · edge timeouts ${number(found.edge_timeouts)} · ` +
    `unreconciled messages ${found.unreconciled_messages == null ? "not compared yet" : number(found.unreconciled_messages)}`;
}

function showRun(run) {
  const facts = run == null ? [["Run", "none yet"]] : [
    ["Scenario", run.scenario], ["Policy", run.policy_digest.slice(0, 10) || "none"], ["Seed", String(run.seed)],
    ["Slot", number(run.slot)], ["Simulated", `${number(run.time_s, 1)} s`], ["Slots a second", number(run.slots_per_s)],
    ["Payload", bytes(run.payload_bytes)], ["Reporting", run.reporting], ["Data age", ageText()]];
  find("facts").replaceChildren(...facts.map(([name, value]) => {
    const fact = element("div");
    fact.append(element("dt", name), element("dd", value));
    return fact;
  }));
  find("state").hidden = run == null;
  find("state").textContent = run == null ? "" : run.state;
}

// --- how current all this is

function when() {
  if (document.body.dataset.connection !== "live") return "at the last update";
  return page.status?.run?.state === "running" ? "now" : "in the latest slots";
}

const ageSeconds = () => page.status?.age_s == null ? null : page.status.age_s + (performance.now() - page.heardAt) / 1000;

function ageText() {
  const age = ageSeconds();
  return age == null ? "–" : age < 1 ? "under 1 s" : `${number(age)} s`;
}

function showFreshness() {
  const isSilent = page.heardAt > 0 && performance.now() - page.heardAt > SILENT_AFTER_MS;
  const connection = page.isLost || isSilent ? "lost" : page.status?.connection ?? "connecting";
  const age = ageSeconds();
  const hasChanged = document.body.dataset.connection !== connection;
  document.body.dataset.connection = connection;
  if (hasChanged) showSeries();
  find("connection").textContent = connection === "lost" ? "page disconnected" : connection;
  const reasons = {
    connecting: "No simulator has been heard of yet. Start one; this page connects by itself.",
    stale: "The simulator is connected but says nothing.",
    reconnecting: "The simulator does not answer. What you see is the last that was heard.",
    lost: "This page has lost its server and tries again. What you see is the last that was heard.",
  };
  const text = [reasons[connection], age != null && connection !== "live" ? `Last update ${number(age)} s ago.` : ""].join(" ");
  if (find("notice").textContent !== text) find("notice").textContent = text;
  find("notice").hidden = connection === "live" || (connection === "connecting" && page.heardAt === 0);
  const run = page.status?.run;
  for (const button of find("controls").querySelectorAll("button")) button.disabled = connection !== "live";
  find("start").disabled ||= run?.state !== "paused";
  find("pause").disabled ||= run?.state === "paused" || run?.state === "finished";
  find("step").disabled ||= run?.state !== "paused";
  find("payload").disabled ||= run?.state === "finished";
  if (run) showRun(run);
}

// --- the stream and the controls

function showSeries() {
  if (page.series == null) return;
  showOptions(page.series.options);
  showCapacity(page.series.capacity);
  showDelivery(page.series.delivery);
  showSignalling(page.series.signalling);
}

function connect() {
  page.source?.close();
  const span = document.querySelector("input[name=span]:checked").value;
  const source = (page.source = new EventSource(`/api/v1/stream?span=${span}`));
  source.addEventListener("snapshot", (event) => {
    const { status, cells } = JSON.parse(event.data);
    const hasTurned = status.run?.state !== page.status?.run?.state;
    Object.assign(page, { status, heardAt: performance.now(), isLost: false });
    if (hasTurned) showSeries();
    if (status.run == null) showRun(null);
    showCells(cells.cells);
    showServices(status);
    showFreshness();
  });
  source.addEventListener("series", (event) => {
    page.series = JSON.parse(event.data);
    showSeries();
  });
  source.addEventListener("error", () => {
    page.isLost = true;
    showFreshness();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

async function control(body) {
  const headers = { "Content-Type": "application/json" };
  if (find("token").value) headers.Authorization = `Bearer ${find("token").value}`;
  const answer = find("answer");
  let text = "the page's server does not answer", isDone = false;
  try {
    const response = await fetch("/api/v1/control", { method: "POST", headers, body: JSON.stringify(body) });
    const told = await response.json();
    isDone = response.ok;
    text = isDone ? `${body.command}: from slot ${number(told.slot)} of run ${number(told.run_epoch)}` : `${body.command} refused: ${told.detail}`;
    if (response.status === 401) find("token-group").hidden = false;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  answer.textContent = text;
  answer.classList.toggle("refused", !isDone);
}

function press(id) {
  const commands = {
    start: () => ({ command: "start" }),
    pause: () => ({ command: "pause" }),
    step: () => ({ command: "step", slots: find("step-slots").valueAsNumber }),
    payload: () => ({ command: "payload", payload_bytes: find("payload-kilobytes").valueAsNumber * 1000 }),
    reset: () => ({ command: "reset", ...(find("reset-seed").value ? { seed: find("reset-seed").valueAsNumber } : {}) }),
  };
  const input = find(id).parentElement.querySelector("input");
  if (!find(id).disabled && (input?.reportValidity() ?? true)) control(commands[id]());
}

for (const id of ["start", "pause", "step", "payload", "reset"]) find(id).addEventListener("click", () => press(id));
find("controls").addEventListener("submit", (event) => event.preventDefault());
for (const choice of document.querySelectorAll("input[name=span]")) choice.addEventListener("change", connect);
document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, button, a, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") press(page.status?.run?.state === "paused" ? "start" : "pause");
  else if (event.key === ".") press("step");
  else return;
  event.preventDefault();
});
new ResizeObserver(showSeries).observe(find("panels"));
setInterval(showFreshness, 1000);
connect();
