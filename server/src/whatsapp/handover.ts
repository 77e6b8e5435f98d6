// Owns: reading the field `messaging_handovers`: a thread was given to us by another app on the same number, or taken from us (Meta: "Conversation routing"). Refuses to
// know: what follows from it.
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readScalar, readString } from "../kernel/read-json.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH } from "../kernel/storable-json.ts";
import { isSmall } from "../kernel/write-json.ts";
import { type CloudItem, MAX_HANDOVER_CONTEXT, placeOf } from "./cloud-envelope.ts";
import { identityOf, isAddressable } from "./cloud-identity.ts";
import type { HandoverEvent } from "./events.ts";
import { notAhead, readTime } from "./provider-time.ts";

/** A control that was passed is told to its new owner, one that was taken to its old one. */
const OWNERS: ReadonlyMap<string, HandoverEvent["owner"]> = new Map([
  ["control_passed", "us"],
  ["control_taken", "other"],
]);

/** Undefined when the change is of another field, or says nothing that can be read: it is then recorded as it is. */
export function readHandover(item: Extract<CloudItem, { kind: "change" }>, raw: string, receivedAt: Date): HandoverEvent | undefined {
  const { field, value } = item;
  if (field !== "messaging_handovers" || value === undefined || isDeeperThan(value, MAX_DEPTH)) return undefined;
  const clean = cleanObject(value);
  const type = readString(clean, "type") ?? "";
  const owner = OWNERS.get(type);
  const customer = senderOf(readObject(clean, "sender"));
  if (owner === undefined || !isAddressable(customer)) return undefined;
  const told = readObject(clean, type);
  const role = readString(told, "new_owner_role")?.slice(0, 100);
  const context = contextOf(told);
  return {
    kind: "handover",
    provider: "cloud",
    ...placeOf(item),
    customer,
    owner,
    at: notAhead(readTime(clean, "timestamp"), receivedAt),
    ...(role === undefined ? {} : { role }),
    ...(context === undefined ? {} : { context }),
    raw,
  };
}

/** How somebody without a number is named is not documented: every way that other fields have is read. */
function senderOf(sender: JsonObject | undefined): HandoverEvent["customer"] {
  const phone = readScalar(sender, "phone_number") ?? readScalar(sender, "wa_id");
  return identityOf(phone?.replaceAll(/\D/g, ""), readString(sender, "user_id"), readString(sender, "parent_user_id"));
}

/** Shown, not understood: what the other app says of the conversation, and what it wrote beside it. */
function contextOf(told: JsonObject | undefined): JsonObject | undefined {
  const context = readObject(told, "conversation_context");
  const note = readString(told, "metadata");
  if (context === undefined && note === undefined) return undefined;
  const kept = { ...context, ...(note === undefined ? {} : { note }) };
  return isSmall(kept, MAX_HANDOVER_CONTEXT) ? kept : undefined;
}
