// Owns: the field `user_id_update`, an older way to report that a customer's user id has changed (it can no longer be subscribed to, but still
// arrives). Refuses to know: what a change does to a thread.
import type { JsonObject } from "../kernel/json.ts";
import { type CloudItem, placeOf } from "./cloud-envelope.ts";
import { identityOf, isAddressable } from "./cloud-identity.ts";
import type { CustomerIdentity, IdentityEvent } from "./events.ts";
import { notAhead, readTime } from "./provider-time.ts";
import { isArray, isObject, readObject, readScalar, readString } from "../kernel/read-json.ts";

/** Undefined when the change is of another field, names neither a number nor an account of ours, or has no change that can be read: it is then recorded as it is. */
export function readIdentityUpdate(
  item: Extract<CloudItem, { kind: "change" }>,
  raw: string,
  receivedAt: Date,
): readonly IdentityEvent[] | undefined {
  const { field, channelKey, accountKey, value } = item;
  const updates = value?.["user_id_update"];
  if (field !== "user_id_update" || (channelKey === undefined && accountKey === undefined) || !isArray(updates)) return undefined;
  const events = updates.filter(isObject).flatMap((update): IdentityEvent[] => {
    const customer = sideOf(update, "previous", readScalar(update, "wa_id"));
    const becomes = sideOf(update, "current", undefined);
    if (!isAddressable(customer) || !isAddressable(becomes)) return [];
    const at = notAhead(readTime(update, "timestamp"), receivedAt);
    return [{ kind: "identity", provider: "cloud", ...placeOf(item), customer, becomes, at, raw }];
  });
  return events.length === 0 ? undefined : events;
}

function sideOf(update: JsonObject, side: "previous" | "current", phone: string | undefined): CustomerIdentity {
  return identityOf(phone, readString(readObject(update, "user_id"), side), readString(readObject(update, "parent_user_id"), side));
}
