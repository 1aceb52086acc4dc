// What lies nearest, and what lies nearest in a direction.

export interface Point { x: number; y: number }

/** The nearest of `points` that lies within 45 degrees of a direction (y up), and is not `from` itself; null: none. */
export function nearestTowards<Place extends Point>(points: readonly Place[], from: Point, direction: Point): Place | null {
  let found: Place | null = null;
  let least = Infinity;
  for (const point of points) {
    const [dx, dy] = [point.x - from.x, point.y - from.y];
    const along = dx * direction.x + dy * direction.y;
    const across = Math.abs(dx * direction.y - dy * direction.x);
    const cost = along + 2 * across;
    if (along > 1e-9 && across <= along && cost < least) [found, least] = [point, cost];
  }
  return found;
}

/** The nearest of `points` within `reach` of a place; null: none. */
export function nearestTo<Place extends Point>(points: readonly Place[], at: Point, reach: number): Place | null {
  let found: Place | null = null;
  let least = reach * reach;
  for (const point of points) {
    const distance2 = (point.x - at.x) ** 2 + (point.y - at.y) ** 2;
    if (distance2 <= least) [found, least] = [point, distance2];
  }
  return found;
}
