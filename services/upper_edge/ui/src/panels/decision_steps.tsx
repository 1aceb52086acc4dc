// The first steps of a decision: what was observed, what of it the edge hears, and which option it leads to.

import { SignedBars } from "../charts/signed_bars";
import { optionColour, palette } from "../state/palette";
import { counted, number, percent, UNKNOWN } from "../words/format";
import type { Chain, Inferred, OptionInForce, Quantity } from "../api/types";

const BASIS_WORDS = { told: "as told by the cell", recomputed: "recomputed from the policy", unknown: "not known" };

/** 1: what the cell observed, part by part. */
export function ObservationStep({ chain }: { chain: Chain }) {
  return (
    <section class="step wide" aria-label="Observation">
      <h3>1 Observation</h3>
      <div class="quantities">{chain.observation.map((part) => <Part key={part.name} part={part} />)}</div>
    </section>
  );
}

function Part({ part }: { part: Quantity }) {
  const width = part.shape.at(-1) ?? 1;
  const rows = Array.from({ length: Math.ceil(part.values.length / width) }, (_, row) => part.values.slice(row * width, (row + 1) * width));
  return (
    <figure title={part.meaning}>
      <figcaption>{part.name.replaceAll("_", " ")}{part.unit && `, ${part.unit}`}{part.shape.length > 0 && <i> ({part.axes.join(" × ")})</i>}</figcaption>
      <table class="matrix" aria-label={`${part.name}, ${part.axes.join(" by ") || "one value"}${part.unit ? `, ${part.unit}` : ""}`}>
        <tbody>{rows.map((row, r) => <tr key={r}>{row.map((value, i) => <td key={i}>{tidy(value)}</td>)}</tr>)}</tbody>
      </table>
    </figure>
  );
}

const tidy = (value: number): string => (Number.isInteger(value) ? number(value || 0) : number(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2));

/** 2: the abstract features: all of the observation that the edge ever hears. */
export function FeatureStep({ features }: { features: Inferred }) {
  return (
    <section class="step" aria-label="Features">
      <h3>2 Features <i>{BASIS_WORDS[features.basis]}</i></h3>
      {features.values
        ? <SignedBars values={features.values} label={`Features: ${features.values.map((value) => value.toFixed(2)).join(", ")}`} />
        : <p class="note">{features.why}</p>}
    </section>
  );
}

/** 3: whether the option ended, and which one is followed. */
export function OptionStep({ chain }: { chain: Chain }) {
  const { option, option_values: told, termination } = chain;
  const ending = termination.values?.[0];
  return (
    <section class="step" aria-label="Option">
      <h3>3 Option</h3>
      <p class="now">
        <span class="chip" style={{ background: option.option == null ? "transparent" : optionColour(palette.value, option.option) }}>{option.option ?? UNKNOWN}</span>
        {story(option)}
      </p>
      <p class="note">
        {option.previous_option != null && `Before: option ${option.previous_option}. `}
        Probability that it ends here: {ending == null ? `${UNKNOWN} (${termination.why})` : percent(ending)}
      </p>
      {told.values ? <Values values={told.values} chosen={told.chosen} slot={told.decided_at_slot} /> : <p class="note">{told.why}</p>}
    </section>
  );
}

function story(option: OptionInForce): string {
  if (option.is_held) return "No allocation came: the last one was kept.";
  if (option.option == null) return "No policy: local search.";
  const ended = option.terminated ? "the one before ended; " : "";
  const how = option.is_local ? "decided without the edge" : option.reported ? "reported to the edge in this slot" : "not reported in this slot";
  const partly = option.is_partial ? ", without all of the roster" : "";
  return `${ended}held for ${counted(option.age_slots, "slot")}, ${how}${partly}.`;
}

/** The edge's value of each option; it takes the greatest. */
function Values({ values, chosen, slot }: { values: readonly number[]; chosen: number | null; slot: number | null }) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = most - least || 1;
  return (
    <figure>
      <figcaption>Value of each option to the edge, at slot {number(slot)}</figcaption>
      <ol class="values" start={0}>
        {values.map((value, option) => (
          <li key={option} class={option === chosen ? "chosen" : ""}>
            <span>{option}</span>
            <meter min={0} max={1} value={0.06 + (0.94 * (value - least)) / room} aria-label={`option ${option}`} />
            <b>{number(value, 3)}{option === chosen ? " ◀" : ""}</b>
          </li>
        ))}
      </ol>
    </figure>
  );
}
