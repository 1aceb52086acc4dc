interface Props<Value extends string> {
  label: string;
  value: Value;
  choices: readonly (readonly [Value, string])[];
  take: (value: Value) => void;
}

/** One of a few, as buttons side by side. */
export function Choice<Value extends string>({ label, value, choices, take }: Props<Value>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {choices.map(([one, name]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => take(one)}>{name}</button>
      ))}
    </div>
  );
}
