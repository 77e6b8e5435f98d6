// Owns: whether a webhook was signed with one of our app secrets. Refuses to know: what the body says, HTTP.
import { hash, timingSafeEqual } from "node:crypto";

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
    if (timingSafeEqual(given, hmacSha256(secret, rawBody))) matches = true;
  }
  return matches;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** RFC 2104 over one-shot hashes: createHmac() makes an object of OpenSSL's for each body, which took half of what verifying a webhook took (2026-11-29). */
function hmacSha256(secret: string, message: Buffer): Buffer {
  const given = Buffer.from(secret, "utf8");
  const key = given.length > BLOCK_BYTES ? hash("sha256", given, "buffer") : given;
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + message.length);
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    const byte = key[at] ?? 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  message.copy(inner, BLOCK_BYTES);
  outer.write(hash("sha256", inner, "hex"), BLOCK_BYTES, "hex");
  return hash("sha256", outer, "buffer");
}
