// Owns webhooks given whole by whoever drives the simulator: sent as they are, read only for ids and window.
import type { VirtualClock } from "./clock.ts";
import type { Customers } from "./customers.ts";
import { opensWindow } from "./inbound-message.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { envelopeOf } from "./messages-webhook.ts";
import type { Settings } from "./settings.ts";
import { toWire } from "./webhook-wire.ts";

export interface RawWebhooks {
  /** A whole webhook body (with `entry`), one change (`field` and `value`), or the `value` of a `messages` change. */
  readonly prepare: (raw: JsonObject) => { readonly body: string; readonly ids: readonly string[] };
}

const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const textIn = (source: JsonObject, key: string): string | undefined => {
  const value = source[key];
  return typeof value === "string" && value !== "" ? value : undefined;
};

export function createRawWebhooks(deps: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly customers: Customers;
}): RawWebhooks {
  const { settings, clock, customers } = deps;

  const wholeOf = (raw: JsonObject): JsonObject => {
    if (raw["entry"] !== undefined || raw["object"] !== undefined) return raw;
    const change = raw["value"] === undefined ? { value: raw, field: "messages" } : { field: "messages", ...raw };
    const metadata = isJsonObject(change.value) && isJsonObject(change.value["metadata"]) ? change.value["metadata"] : {};
    const number = settings.numbers.get(textIn(metadata, "phone_number_id") ?? "") ?? settings.defaultNumber;
    return envelopeOf([{ id: number.wabaId, changes: [change] }]);
  };

  const rememberMessage = (message: JsonObject, phoneNumberId: string, opens: boolean): void => {
    const [phone, userId, wamid] = [textIn(message, "from"), textIn(message, "from_user_id"), textIn(message, "id")];
    if (wamid === undefined || (phone === undefined && userId === undefined)) return;
    const seconds = Number(message["timestamp"]);
    const atMs = Number.isFinite(seconds) ? seconds * 1000 : clock.nowMs();
    const customer = customers.remember({ phone, userId, parentUserId: textIn(message, "from_parent_user_id") });
    customers.recordMessage({ customer, phoneNumberId, wamid, atMs, opensWindow: opens });
  };

  const readChange = (change: JsonObject, ids: string[]): void => {
    const { value } = change;
    if (!isJsonObject(value)) return;
    const metadata = isJsonObject(value["metadata"]) ? value["metadata"] : {};
    const phoneNumberId = textIn(metadata, "phone_number_id") ?? settings.defaultNumber.phoneNumberId;
    for (const key of ["messages", "statuses", "message_echoes", "calls"]) {
      for (const item of objectsIn(value[key])) {
        const id = textIn(item, "id");
        if (id !== undefined) ids.push(id);
      }
    }
    if (change["field"] === "messages") {
      for (const message of objectsIn(value["messages"])) rememberMessage(message, phoneNumberId, opensWindow(message["type"]));
    }
    if (change["field"] === "calls") {
      const byCustomer = objectsIn(value["calls"]).filter((call) => call["event"] === "connect" && call["direction"] === "USER_INITIATED");
      for (const call of byCustomer) rememberMessage(call, phoneNumberId, true);
    }
  };

  return {
    prepare(raw) {
      const whole = wholeOf(raw);
      const ids: string[] = [];
      for (const entry of objectsIn(whole["entry"])) for (const change of objectsIn(entry["changes"])) readChange(change, ids);
      return { body: toWire(whole), ids };
    },
  };
}
