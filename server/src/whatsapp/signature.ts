// Owns: whether a webhook was signed with one of our app secrets. Refuses to know: what the body says, HTTP.
import { createHmac, timingSafeEqual } from "node:crypto";

const PREFIX = "sha256=";
/** Buffer.from stops at the first character that is not hexadecimal, without a word. */
const SIGNATURE_PATTERN = /^sha256=[0-9a-fA-F]{64}$/;

export interface SignedBody {
  /** The exact bytes of the request. Parsed and written again they are other bytes. */
  readonly rawBody: Buffer;
  /** X-Hub-Signature-256. */
  readonly header: string | undefined;
  /** One, or two while a secret is being rotated. None at all verifies nothing. */
  readonly secrets: readonly string[];
}

/** False when the header cannot hold a signature, whatever the body is. */
export function looksSigned(header: string | undefined): header is string {
  return header !== undefined && SIGNATURE_PATTERN.test(header);
}

/** True only if the header is the HMAC-SHA256 of the bytes under one of the secrets. Takes the same time wherever they differ. */
export function verifySignature({ rawBody, header, secrets }: SignedBody): boolean {
  if (!looksSigned(header)) return false;
  const given = Buffer.from(header.slice(PREFIX.length), "hex");
  let matches = false;
  for (const secret of secrets) {
    // An empty secret is a setting that was forgotten; anybody could sign with it.
    if (secret === "") continue;
    const expected = createHmac("sha256", secret).update(rawBody).digest();
    if (timingSafeEqual(given, expected)) matches = true;
  }
  return matches;
}
