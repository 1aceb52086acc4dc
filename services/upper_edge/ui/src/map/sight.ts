// The part of the map that is looked at: how far it is enlarged, and what lies in the middle. No sight is the whole area.

import type { Point } from "../state/nearest";
import type { Sight } from "../state/view";
import { centred, fit, type Area, type Projection, type Size } from "./projection";

export const LARGEST = 40;

/** What a map is drawn into. */
export interface Sheet { area: Area; size: Size; margin: number }

/** How metres fall on the sheet in this sight. */
export function look(sheet: Sheet, sight: Sight | null): Projection {
  const whole = fit(sheet.area, sheet.size, sheet.margin);
  return sight ? centred(sight.x_m, sight.y_m, whole.pixels_per_m * sight.scale, sheet.size) : whole;
}

/** The sight after enlarging by a factor, with the ground under this pixel where it was. */
export function zoomedAt(sheet: Sheet, sight: Sight | null, at: Point, factor: number): Sight | null {
  const now = look(sheet, sight);
  const scale = Math.min((sight?.scale ?? 1) * factor, LARGEST);
  if (scale <= 1) return null;
  const { width, height } = sheet.size;
  const then = look(sheet, { scale, x_m: 0, y_m: 0 }).pixels_per_m;
  return within(sheet.area, { scale, x_m: now.x_m(at.x) - (at.x - width / 2) / then, y_m: now.y_m(at.y) + (at.y - height / 2) / then });
}

/** The sight after the ground has been dragged by so many pixels; the whole area stays where it is. */
export function dragged(sheet: Sheet, sight: Sight | null, by: Point): Sight | null {
  if (!sight) return null;
  const { pixels_per_m } = look(sheet, sight);
  return within(sheet.area, { ...sight, x_m: sight.x_m - by.x / pixels_per_m, y_m: sight.y_m + by.y / pixels_per_m });
}

/** The sight that shows a place: the same where it is seen already. */
export function revealing(sheet: Sheet, sight: Sight | null, place_m: Point): Sight | null {
  if (!sight) return null;
  const at = look(sheet, sight);
  const isSeen = inside(at.x(place_m.x), sheet.size.width) && inside(at.y(place_m.y), sheet.size.height);
  return isSeen ? sight : { ...sight, x_m: place_m.x, y_m: place_m.y };
}

const inside = (pixel: number, length: number): boolean => pixel >= 0 && pixel <= length;
const held = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The middle stays on the map, so that nobody gets lost beside it. */
function within(area: Area, sight: Sight): Sight {
  return { ...sight, x_m: held(sight.x_m, area.min_x_m, area.max_x_m), y_m: held(sight.y_m, area.min_y_m, area.max_y_m) };
}
