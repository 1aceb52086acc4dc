import { lineColour, palette } from "../state/palette";

const SHAPES = [
  <circle cx="6" cy="6" r="4.5" />,
  <rect x="2" y="2" width="8" height="8" />,
  <path d="M6 1L11 10H1Z" />,
  <path d="M6 0.5L11.5 6L6 11.5L0.5 6Z" />,
];

/** The mark of a sub-band, as on the map. */
export function BandMark({ band }: { band: number }) {
  const colour = lineColour(palette.value, band);
  return (
    <svg class="mark" viewBox="0 0 12 12" fill={colour} aria-hidden="true">
      {SHAPES[band % SHAPES.length]}
      {band >= SHAPES.length && <circle cx="6" cy="6" r="1.8" fill={palette.value.panel} />}
    </svg>
  );
}
