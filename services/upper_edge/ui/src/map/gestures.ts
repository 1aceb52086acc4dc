// Wheel, drag and pinch on the map. One finger scrolls the page while there is nothing to drag.

import type { Point } from "../state/nearest";

export interface Gestures {
  canDrag: () => boolean;
  drag: (by: Point) => void;
  /** Enlarges about a pixel; false: there is nothing to shrink any more. */
  zoom: (at: Point, factor: number) => boolean;
}

const WHEEL_STEP = 0.0015;
const LINE_PIXELS = 16;
/** A hand that clicks moves by as much. */
const CLICK_PIXELS = 4;

/** Listens on the canvas until the function that is returned is called. */
export function followGestures(canvas: HTMLElement, gestures: Gestures): () => void {
  const listening = new AbortController();
  const options = { signal: listening.signal, passive: false };
  canvas.addEventListener("wheel", (event) => turn(event, gestures), options);
  followMouse(canvas, gestures, options);
  followTouch(canvas, gestures, options);
  return () => listening.abort();
}

function turn(event: WheelEvent, { zoom }: Gestures): void {
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1);
  // At the whole map a turn outwards scrolls the page.
  if (zoom({ x: event.offsetX, y: event.offsetY }, Math.exp(-pixels * WHEEL_STEP))) event.preventDefault();
}

function followMouse(canvas: HTMLElement, gestures: Gestures, options: AddEventListenerOptions): void {
  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    travelled = 0;
    if (event.pointerType !== "touch" && event.button === 0) canvas.setPointerCapture(event.pointerId);
  }, options);
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || !canvas.hasPointerCapture(event.pointerId)) return;
    travelled += Math.abs(event.movementX) + Math.abs(event.movementY);
    if (travelled > CLICK_PIXELS) gestures.drag({ x: event.movementX, y: event.movementY });
  }, options);
  // The end of a drag selects nothing.
  canvas.addEventListener("click", (event) => travelled > CLICK_PIXELS && event.stopImmediatePropagation(), { ...options, capture: true });
}

interface Grip { middle: Point; spread: number; fingers: number }

function followTouch(canvas: HTMLElement, gestures: Gestures, options: AddEventListenerOptions): void {
  let before: Grip | null = null;
  const take = (event: TouchEvent) => (before = gripOf(event));
  for (const name of ["touchstart", "touchend", "touchcancel"] as const) canvas.addEventListener(name, take, options);
  canvas.addEventListener("touchmove", (event) => {
    const [was, now] = [before, gripOf(event)];
    if (!was || !now || was.fingers !== now.fingers || (now.fingers === 1 && !gestures.canDrag())) return;
    event.preventDefault();
    before = now;
    if (now.fingers > 1 && was.spread > 0) {
      const corner = canvas.getBoundingClientRect();
      gestures.zoom({ x: now.middle.x - corner.x, y: now.middle.y - corner.y }, now.spread / was.spread);
    }
    gestures.drag({ x: now.middle.x - was.middle.x, y: now.middle.y - was.middle.y });
  }, options);
}

function gripOf({ touches }: TouchEvent): Grip | null {
  const [one, other] = [touches[0], touches[1]];
  if (!one) return null;
  if (!other) return { middle: { x: one.clientX, y: one.clientY }, spread: 0, fingers: 1 };
  const middle = { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 };
  return { middle, spread: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), fingers: 2 };
}
