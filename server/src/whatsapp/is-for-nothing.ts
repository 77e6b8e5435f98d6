// Owns: which notices say nothing of a thread or a channel, now or later: the bookkeeping of gateways. Refuses to know: what is made of the others.
import type { NoticeEvent } from "./events.ts";

/** In the dotted small letters of `plain`. */
const BOOKKEEPING: readonly RegExp[] = [
  // Chats that are none, steps of delivery that say nothing new, keys and settings of the protocol.
  /^ignored:/,
  /^status\./,
  /^message\.(protocol|without\.content|companion|ack)(\.|$)/,
  /^message\.receipt\.update$/,
  // Contact cards without a second name or identifier.
  /^(contacts|lid\.mapping)\./,
  /^(presence|chats|chat|qrcode|creds|engine|application|connection|state)\./,
];

const plain = (field: string): string => field.toLowerCase().replaceAll(/[_-]/g, ".");

/** Everything else is kept, for a newer version that can make something of it. What the Cloud API sends is never mere bookkeeping. */
export function isForNothing({ provider, field }: Pick<NoticeEvent, "provider" | "field">): boolean {
  return provider !== "cloud" && BOOKKEEPING.some((pattern) => pattern.test(plain(field)));
}
