// Owns what another app on the same number does: it takes a thread, gives it to us, and writes in it; and what the platform tells us of that (`messaging_handovers`, `standby`).
import type { VirtualClock } from "./clock.ts";
import type { Customers } from "./customers.ts";
import type { Identifiers } from "./identifiers.ts";
import { InputError, readBoolean, readObject, readOneOf, readString, rejectUnknownKeys } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { envelopeOf, metadataOf } from "./messages-webhook.ts";
import type { BusinessNumber, Settings } from "./settings.ts";
import { threadRoles } from "./settings.ts";
import { threadOwners } from "./threads.ts";
import type { Thread, ThreadKey, Threads } from "./threads.ts";

interface Deps {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly customers: Customers;
  readonly identifiers: Identifiers;
  readonly threads: Threads;
}

interface Whom {
  readonly number: BusinessNumber;
  readonly key: ThreadKey;
}

function readWhom({ settings }: Deps, source: JsonObject): Whom {
  if (settings.routing === undefined)
    throw new InputError('Nobody else answers on this number: set a routing first, with POST /sim/config {"routing":{}}.');
  const number = settings.numbers.get(readString(source, "phoneNumberId") ?? settings.defaultNumber.phoneNumberId);
  if (number === undefined) throw new InputError('"phoneNumberId" is not one of the simulator\'s numbers.');
  const phone = readString(source, "to")?.replace(/[+\s()-]/g, "");
  const userId = readString(source, "userId");
  if (phone === undefined && userId === undefined)
    throw new InputError('Say whose thread: "to" (the customer\'s phone number) or "userId".');
  return { number, key: { phoneNumberId: number.phoneNumberId, phone, userId } };
}

const changeOf = (number: BusinessNumber, nowSeconds: string, change: JsonObject): JsonObject =>
  envelopeOf([{ id: number.wabaId, time: Number(nowSeconds), changes: [change] }]);

/** `{to|userId, owner, role?, metadata?, context?, silent?}`: the thread changes hands; the webhook that tells us, if there is one. Throws InputError. */
export function moveThread(deps: Deps, source: JsonObject): { readonly thread: Thread; readonly webhook: JsonObject | undefined } {
  rejectUnknownKeys(source, ["to", "userId", "phoneNumberId", "owner", "role", "metadata", "context", "silent"], "A thread");
  const owner = readOneOf(source, "owner", threadOwners);
  if (owner === undefined) throw new InputError('Say whose it is from now on: "owner", "us", "other" or "nobody".');
  const role = readOneOf(source, "role", threadRoles);
  const metadata = readString(source, "metadata") ?? "";
  const context = readObject(source, "context");
  const isSilent = readBoolean(source, "silent") === true;
  const { number, key } = readWhom(deps, source);
  const before = deps.threads.find(key);
  const thread = deps.threads.set(key, owner, role);
  // A release is told to nobody; nor is a change in which we have no part.
  const type = owner === "us" ? "control_passed" : owner === "other" && before.owner === "us" ? "control_taken" : undefined;
  if (type === undefined || isSilent) return { thread, webhook: undefined };
  const known = key.phone === undefined ? deps.customers.findByUserId(key.userId ?? "") : deps.customers.findByPhone(key.phone);
  const phone = key.phone ?? known?.phone;
  const value = {
    messaging_product: "whatsapp",
    sender: phone === undefined ? { user_id: key.userId } : { phone_number: phone },
    recipient: { phone_number_id: number.phoneNumberId, display_phone_number: number.displayPhoneNumber },
    type,
    timestamp: deps.clock.nowSeconds(),
    [type]: {
      ...(before.role !== null && { previous_owner_role: before.role }),
      ...(thread.role !== null && { new_owner_role: thread.role }),
      metadata,
      ...(context !== undefined && { conversation_context: context }),
    },
  };
  return { thread, webhook: changeOf(number, deps.clock.nowSeconds(), { field: "messaging_handovers", value }) };
}

/** `{to|userId, text | type + node}`: the other app writes to the customer; the copy that we get of it. Throws InputError. */
export function writeInStandby(deps: Deps, source: JsonObject): { readonly wamid: string; readonly webhook: JsonObject } {
  const { number, key } = readWhom(deps, source);
  const { text } = source;
  const type = readString(source, "type") ?? (text === undefined ? undefined : "text");
  if (type === undefined) throw new InputError('Say what the other app writes: "text":"…", or "type" with the node of that type.');
  const wamid = readString(source, "id") ?? deps.identifiers.wamid();
  const message = {
    messaging_product: "whatsapp",
    ...(key.phone === undefined ? { recipient: key.userId } : { to: key.phone }),
    ...{ type, [type]: type === "text" && typeof text === "string" ? { body: text } : source[type] },
  };
  const standby = { message_echoes: [{ id: wamid, timestamp: deps.clock.nowSeconds(), message }] };
  const value = { metadata: metadataOf(number), standby };
  return { wamid, webhook: changeOf(number, deps.clock.nowSeconds(), { field: "standby", value }) };
}
