// Owns every id the simulator hands out, and its seeded randomness. Ids count up from a start stamp: they are
// reproducible when the stamp is given, and never repeat between two runs when it is not.
import { createHash, randomBytes } from "node:crypto";

export interface Identifiers {
  readonly wamid: () => string;
  readonly mediaId: () => string;
  readonly deliveryId: () => string;
  readonly ruleId: () => string;
  readonly traceId: () => string;
  /** The business-scoped user id that a phone has in this simulator; the same in every run. */
  readonly userIdOf: (phone: string) => string;
  /** Uniform in [0, 1), seeded. */
  readonly random: () => number;
}

const countryOfCallingCode: readonly (readonly [string, string])[] = [
  ["55", "BR"],
  ["52", "MX"],
  ["54", "AR"],
  ["351", "PT"],
  ["34", "ES"],
  ["44", "GB"],
  ["49", "DE"],
  ["33", "FR"],
  ["39", "IT"],
  ["91", "IN"],
  ["1", "US"],
];

function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function userIdOf(phone: string): string {
  const country = countryOfCallingCode.find(([code]) => phone.startsWith(code))?.[1] ?? "ZZ";
  const digest = createHash("sha256").update(`onethread-simulator:${phone}`).digest("base64").replace(/[+/=]/g, "");
  return `${country}.${digest.slice(0, 16)}`;
}

export function createIdentifiers(options: { readonly stamp?: string; readonly seed?: number }): Identifiers {
  const stamp = options.stamp ?? `${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
  const stampDigits = String(createHash("sha256").update(stamp).digest().readUIntBE(0, 6)).padStart(15, "0");
  let count = 0;
  const next = (): number => (count += 1);
  return {
    wamid: () => `wamid.SIM${stamp}${next().toString(36).padStart(6, "0")}`,
    mediaId: () => `9${stampDigits}${next()}`,
    deliveryId: () => `delivery-${next()}`,
    ruleId: () => `failure-${next()}`,
    traceId: () => `A${stamp}${next().toString(36)}`,
    userIdOf,
    random: seededRandom(options.seed ?? 1),
  };
}
