// Owns: "did you mean": the known name that is nearest to a mistyped one. Refuses to know: what the names are for.
import { editDistance } from "../kernel/edit-distance.ts";

/** Undefined when nothing is near: a wrong guess is worse than none. */
export function findNearest(given: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(given.length / 4));
  const ranked = known.map((name) => ({ name, distance: editDistance(given, name, limit) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}
