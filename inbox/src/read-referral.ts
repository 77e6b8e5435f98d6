// Owns: what a message says of the advertisement or the post from which the customer came. Every provider's is in the Cloud API's shape.
import { readLink } from "./find-links.ts";
import type { Message } from "./inbox-client.ts";

export interface Referral {
  readonly kind: "an ad" | "a post";
  readonly headline: string | undefined;
  readonly body: string | undefined;
  /** `address` is undefined where it is not safe to be followed. */
  readonly link: { readonly text: string; readonly address: string | undefined } | undefined;
}

export function readReferral(content: Message["content"]): Referral | undefined {
  const node = content["referral"];
  if (typeof node !== "object" || node === null || Array.isArray(node)) return undefined;
  const facts = new Map<string, unknown>(Object.entries(node));
  if (facts.size === 0) return undefined;
  const textOf = (name: string): string | undefined => {
    const value = facts.get(name);
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const url = textOf("source_url");
  return {
    kind: textOf("source_type")?.toLowerCase() === "post" ? "a post" : "an ad",
    headline: textOf("headline"),
    body: textOf("body"),
    link: url === undefined ? undefined : (readLink(url) ?? { text: url, address: undefined }),
  };
}
