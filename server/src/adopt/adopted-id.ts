// Owns: ids that follow from the older database alone, so that the same row gets the same id in every run.
import { createHash } from "node:crypto";

/** A UUIDv8 (RFC 9562) of the name of the source, what kind of thing it is, and its id there. */
export function adoptedId(source: string, kind: "business" | "channel" | "message" | "session", oldId: string): string {
  const hex = createHash("sha256").update(`${source}\0${kind}\0${oldId}`).digest("hex");
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
