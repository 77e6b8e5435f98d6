// Owns the bytes of a webhook: how Meta writes JSON and signs it. Knows nothing of what is inside.
import { createHmac } from "node:crypto";

const nonAscii = /[\u0080-\uffff]/;
const everyNonAscii = /[\u0080-\uffff]/g;

/** JSON in pure ASCII: each UTF-16 unit above U+007F as `\uXXXX` in lower-case hex, as Meta sends it. */
export function toWire(value: unknown): string {
  const json = JSON.stringify(value);
  if (!nonAscii.test(json)) return json;
  return json.replace(everyNonAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The value of `X-Hub-Signature-256` for exactly these bytes. */
export const signatureOf = (appSecret: string, bytes: string | Buffer): string =>
  `sha256=${createHmac("sha256", appSecret).update(bytes).digest("hex")}`;
