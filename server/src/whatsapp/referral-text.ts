// Owns: what a message is about beside its words: the advertisement that was clicked, the product of the catalog that was asked about. One line of data that others
// wrote. Refuses to know: who reads it.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readObject, readString } from "../kernel/read-json.ts";
import { joinParts } from "./text-parts.ts";

/** Of a message's content: its `referral` (Cloud API, and the gateways in the same shape), else the `referred_product` of its context. Undefined: neither. */
export function referralText(content: JsonObject): string | undefined {
  return referralOf(content["referral"]) ?? productOf(readObject(readObject(content, "context"), "referred_product"));
}

export function referralOf(referral: Json | undefined): string | undefined {
  if (!isObject(referral)) return undefined;
  const what = readString(referral, "source_type") === "post" ? "Post" : "Ad";
  const said = ["headline", "body", "source_url"].map((key) => readString(referral, key));
  const words = joinParts(said.every((part) => part === undefined) ? [readString(referral, "source_id")] : said);
  return words === "" ? what : `${what}: ${words}`;
}

function productOf(product: JsonObject | undefined): string | undefined {
  const id = readString(product, "product_retailer_id");
  return id === undefined ? undefined : `Product: ${id}`;
}
