import { expect, test } from "vitest";
import { entryWindowUntil } from "./entry-window.ts";

const at = new Date(1_790_000_000_000);
const AD = { id: "c1", origin: "referral_conversion", expiration_timestamp: "1790600000" };
const until = new Date(1_790_600_000_000);

test.each([
  ["an ad's", { entryWindow: AD }, until],
  ["one that the price calls so", { entryWindow: { expiration_timestamp: "1790600000" }, pricing: { type: "free_entry_point" } }, until],
  ["one without an end", { entryWindow: { id: "c1", origin: "referral_conversion" } }, undefined],
  ["any other conversation, as before v24", { entryWindow: { ...AD, origin: "service" }, pricing: { type: "regular" } }, undefined],
  ["a price alone", { pricing: { type: "free_entry_point" } }, undefined],
  ["one that is over", { entryWindow: { ...AD, expiration_timestamp: "1790000000" } }, undefined],
  ["one that lasts for years", { entryWindow: { ...AD, expiration_timestamp: "1890000000" } }, undefined],
  ["milliseconds", { entryWindow: { ...AD, expiration_timestamp: "1790600000000" } }, undefined],
  ["no time", { entryWindow: { ...AD, expiration_timestamp: "soon" } }, undefined],
  ["nothing", {}, undefined],
])("of %s the end is WhatsApp's own, or none", (_what, words, expected) => {
  expect(entryWindowUntil({ at, ...words })).toEqual(expected);
});
