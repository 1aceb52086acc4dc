const HEIGHT = 72;
const STEP = 12;

/** Values of either sign as thin bars about zero, with the largest magnitude written beside. */
export function SignedBars({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1e-9, ...values.map(Math.abs));
  const middle = HEIGHT / 2;
  return (
    <figure class="signed">
      <svg viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {values.map((value, i) => {
          const size = (Math.abs(value) / most) * (middle - 2);
          return <rect key={i} class={value < 0 ? "below" : "above"} x={i * STEP + 2} width={STEP - 4} y={value < 0 ? middle : middle - size} height={Math.max(size, 0.5)} />;
        })}
        <path d={`M0 ${middle}H${values.length * STEP}`} vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption>{values.length} values, full height ±{most.toPrecision(3)}</figcaption>
    </figure>
  );
}
