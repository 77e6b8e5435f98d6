// Owns: the pieces that the shapes of views are made of. A shape is said once, beside what makes the view: its type is inferred from it, and the API
// checks its answers and describes itself with it. Refuses to know: HTTP; any one view.
import { z } from "zod";
import type { Json, JsonObject } from "./json.ts";

export const uuid = z.string().describe("A UUID.");
export const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });
export const direction = z.enum(["in", "out"]);

/** Comes out of JSON, so that nobody has to look again. */
export const json = z.unknown() as unknown as z.ZodType<Json>;
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

/** Our own kind of id. */
export function idOf<Id extends string>(): z.ZodType<Id> {
  return uuid as unknown as z.ZodType<Id>;
}

export function isoOf(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
