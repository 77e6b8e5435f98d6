// Owns: what a status of the Cloud API says of the price of its message. Refuses to know: what a word means, and what anything costs.
import type { Json, JsonObject } from "../kernel/json.ts";
import type { StatusEvent } from "./events.ts";
import { readObject, readScalar } from "../kernel/read-json.ts";

type StatusCosts = Pick<StatusEvent, "pricing" | "entryWindow" | "templateId">;

/** The longest word known today has 28 letters. What is longer is left out, not cut: half a word is a wrong one. */
const MAX_WORD = 100;

const PRICING_WORDS = ["pricing_model", "type", "category", "subtype"] as const;

/** Each key is absent when the status does not say it. Of the provider's objects only the named fields are kept. */
export function readStatusCosts(status: JsonObject): StatusCosts {
  const pricing = pricingOf(readObject(status, "pricing"));
  const entryWindow = entryWindowOf(readObject(status, "conversation"));
  const templateId = readWord(status, "template_id");
  return {
    ...(pricing === undefined ? {} : { pricing }),
    ...(entryWindow === undefined ? {} : { entryWindow }),
    ...(templateId === undefined ? {} : { templateId }),
  };
}

function pricingOf(node: JsonObject | undefined): JsonObject | undefined {
  const billable = node?.["billable"];
  return unlessEmpty([
    ["billable", typeof billable === "boolean" ? billable : undefined],
    ...PRICING_WORDS.map((key) => [key, readWord(node, key)] as const),
  ]);
}

function entryWindowOf(node: JsonObject | undefined): JsonObject | undefined {
  return unlessEmpty([
    ["id", readWord(node, "id")],
    ["origin", readWord(readObject(node, "origin"), "type")],
    ["expiration_timestamp", readWord(node, "expiration_timestamp")],
  ]);
}

function readWord(node: JsonObject | undefined, key: string): string | undefined {
  const word = readScalar(node, key);
  return word === undefined || word.length > MAX_WORD ? undefined : word;
}

function unlessEmpty(fields: readonly (readonly [string, Json | undefined])[]): JsonObject | undefined {
  const said = fields.filter((field): field is readonly [string, Json] => field[1] !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}
