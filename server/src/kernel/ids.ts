// Owns: identifiers. All of ours are UUIDv7: they sort by birth, need no sequence, and reveal nothing of how many there are.
import { randomFillSync } from "node:crypto";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type BusinessId = Branded<"BusinessId">;
export type ChannelId = Branded<"ChannelId">;
export type ConversationId = Branded<"ConversationId">;
export type MessageId = Branded<"MessageId">;
export type TurnId = Branded<"TurnId">;

/** Before every other id: where a list begins. */
export const LOWEST_ID = "00000000-0000-0000-0000-000000000000";

/** For rows that have no business (webhooks of a channel that nobody connected). No session is ever set to it. */
export const NO_BUSINESS = LOWEST_ID as BusinessId;

const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let used = POOL_BYTES;

/** A new UUIDv7 (RFC 9562): 48 bits of milliseconds, 74 random bits. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says which kind of id it is making
export function newId<Id extends string = string>(nowMs: number = Date.now()): Id {
  if (used + 10 > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString("hex", used, used + 10);
  used += 10;
  const time = nowMs.toString(16).padStart(12, "0");
  const variant = ((parseInt(random.charAt(3), 16) & 0x3) | 0x8).toString(16);
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
  return id as Id;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the text form of a UUID of any version; PostgreSQL refuses everything else with an error. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
