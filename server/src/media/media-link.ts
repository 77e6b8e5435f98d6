// Owns: the addresses of files: relative, good for a short time, signed with the key of their business, so that a page can show a picture without a key of the API.
// Refuses to know: HTTP.
import { createHmac, timingSafeEqual } from "node:crypto";

export interface MediaLink {
  readonly businessId: string;
  readonly id: string;
  readonly variant: "file" | "thumbnail";
}

/** A link is good for one to one and a half of these; within half of one it is the same, so that browsers keep what they have. */
const LIFE_MS = 3_600_000;
const STEP_MS = LIFE_MS / 2;

function signatureOf({ businessId, id, variant }: MediaLink, expires: string, key: string): Buffer {
  return createHmac("sha256", Buffer.from(key, "hex")).update(`${businessId}/${id}/${variant}?${expires}`).digest();
}

/** `key`: of the business, hexadecimal. */
export function mediaLink(link: MediaLink, key: string, nowMs: number): string {
  const expires = String((Math.ceil(nowMs / STEP_MS) * STEP_MS + LIFE_MS) / 1_000);
  return `/media/${link.businessId}/${link.id}/${link.variant}?expires=${expires}&signature=${signatureOf(link, expires, key).toString("base64url")}`;
}

export interface GivenSignature {
  readonly expires: string;
  readonly signature: string;
}

/** `expired`: it was ours. */
export function checkMediaLink(
  link: MediaLink,
  given: GivenSignature,
  { key, nowMs }: { readonly key: string; readonly nowMs: number },
): "good" | "expired" | "bad" {
  const wanted = signatureOf(link, given.expires, key);
  const signature = Buffer.from(given.signature, "base64url");
  if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) return "bad";
  return Number(given.expires) * 1_000 >= nowMs ? "good" : "expired";
}
