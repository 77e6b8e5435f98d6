// Owns: whether a gateway's webhook proves that it knows the channel's secret, in each gateway's own way. Refuses to know: where secrets are kept, HTTP.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { JsonObject } from "../../kernel/json.ts";
import { parseObject, readInteger } from "../../kernel/read-json.ts";

/** Lower-case names, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface GatewayCall {
  readonly headers: RequestHeaders;
  /** One, or two while a secret is being replaced. None verifies nothing. */
  readonly secrets: readonly string[];
  readonly now: Date;
}

const SHA512_HEX = /^[0-9a-f]{128}$/i;
/**
 * Evolution makes the token when it queues the webhook and may retry for half an hour, past the token's ten minutes; it never retries a 401. The
 * token does not cover the body, so its age protects little.
 */
const JWT_LEEWAY_S = 3600;

/** The secret itself in the header `apikey`, `x-api-key` or `authorization: Bearer`, or a token (HS256) signed with it. */
export function verifyEvolutionCall({ headers, secrets, now }: GatewayCall): boolean {
  const bearer = bearerOf(headers);
  const given = [readHeader(headers, "apikey"), readHeader(headers, "x-api-key"), bearer];
  if (given.some((text) => isOneOf(text, secrets))) return true;
  return bearer !== undefined && isSignedToken(bearer, secrets, now);
}

/** All that can be said before the body is there: WAHA signs its bytes. */
export function hasWahaSignature({ headers, secrets }: GatewayCall): boolean {
  return secrets.length > 0 && wahaSignatureOf(headers) !== undefined;
}

/** HMAC-SHA512 of the exact bytes in `x-webhook-hmac`. */
export function verifyWahaCall({ headers, secrets }: GatewayCall, rawBody: Buffer): boolean {
  const given = wahaSignatureOf(headers);
  if (given === undefined) return false;
  return secrets.reduce((matches, secret) => {
    if (secret === "") return matches;
    return timingSafeEqual(given, createHmac("sha512", secret).update(rawBody).digest()) || matches;
  }, false);
}

function wahaSignatureOf(headers: RequestHeaders): Buffer | undefined {
  const hex = readHeader(headers, "x-webhook-hmac");
  const algorithm = readHeader(headers, "x-webhook-hmac-algorithm") ?? "sha512";
  return hex !== undefined && SHA512_HEX.test(hex) && algorithm.toLowerCase() === "sha512" ? Buffer.from(hex, "hex") : undefined;
}

/** The secret as a bearer token: our own bridge sends it. */
export function verifyBridgeCall({ headers, secrets }: GatewayCall): boolean {
  return isOneOf(bearerOf(headers), secrets);
}

/** Takes the same time wherever they differ, and whatever their length. */
function isOneOf(given: string | undefined, secrets: readonly string[]): boolean {
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return secrets.reduce((matches, secret) => (secret !== "" && timingSafeEqual(digest(given), digest(secret))) || matches, false);
}

function isSignedToken(token: string, secrets: readonly string[], now: Date): boolean {
  const [header, claims, signature, ...rest] = token.split(".");
  if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return false;
  const head = readPart(header);
  const body = readPart(claims);
  // Only this algorithm: a token that names its own ("none") would sign itself.
  if (body === undefined || head?.["alg"] !== "HS256") return false;
  const given = Buffer.from(signature, "base64url");
  const isSigned = secrets.some((secret) => {
    const expected = createHmac("sha256", secret).update(`${header}.${claims}`).digest();
    return secret !== "" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  const expiresAt = readInteger(body, "exp");
  return isSigned && expiresAt !== undefined && now.getTime() / 1000 <= expiresAt + JWT_LEEWAY_S;
}

function readPart(part: string): JsonObject | undefined {
  return parseObject(Buffer.from(part, "base64url").toString("utf8"));
}

function bearerOf(headers: RequestHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(readHeader(headers, "authorization") ?? "")?.[1];
}

function readHeader(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
