// Owns: what a gateway says of its own connection to WhatsApp. Refuses to know: what was known before. Everything else that gateways tell is noise here.
import type { JsonObject } from "../../kernel/json.ts";
import type { Provider } from "../events.ts";
import { readTime } from "../provider-time.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../read-json.ts";
import type { Aspect, Signal } from "../signal.ts";

const CONNECTED = new Set(["open", "WORKING"]);
const LOST = new Set([
  "close",
  "refused",
  "STOPPED",
  "FAILED",
  "SCAN_QR_CODE",
  "PASSKEY_REQUIRED",
  "PASSKEY_CONFIRMATION_REQUIRED",
  "logout",
]);

/** Undefined for what says nothing of the connection, and while it is being made. */
export function readGatewaySignal(provider: Provider, field: string, body: JsonObject | undefined): Signal | undefined {
  const name = field.toLowerCase().replaceAll(/[_-]/g, ".");
  if (name === "logout.instance" || name === "remove.instance") return connection("logout");
  if (provider === "waha")
    return name === "session.status" ? readWaha(readObject(body, "payload"), readInteger(body, "timestamp")) : undefined;
  if (name !== "connection.update") return undefined;
  const data = provider === "evolution" ? readObject(body, "data") : baileysData(body);
  return connection(readString(data, "state") ?? readString(data, "connection"), readScalar(data, "statusReason"));
}

function readWaha(payload: JsonObject | undefined, timestamp: number | undefined): Signal | undefined {
  const told = connection(readString(payload, "status"));
  if (told === undefined) return undefined;
  const at = timestamp === undefined ? {} : { at: new Date(timestamp) };
  const lock = readReachoutLock(readObject(readObject(payload, "data"), "reachoutTimelock"));
  if (lock === undefined) return { ...told, ...at };
  const isTold = lock.health !== "ok" && told.severity === "info";
  const aspects = [lock, ...told.aspects.map((aspect) => ({ ...aspect, sentence: told.sentence }))];
  return { ...told, ...at, ...(isTold ? { severity: "warning", sentence: lock.sentence } : {}), aspects };
}

function readReachoutLock(lock: JsonObject | undefined): (Aspect & { readonly sentence: string }) | undefined {
  if (lock === undefined) return undefined;
  if (lock["isActive"] !== true) {
    return { aspect: "reachout", state: "free", health: "ok", sentence: "This number may write to new contacts." };
  }
  const ends = readTime(lock, "timeEnforcementEnds");
  const until = ends === undefined ? "for a while" : `until ${ends.toISOString()}`;
  const sentence = `WhatsApp does not let this number write to new contacts ${until}. Chats that exist go on; nothing needs to be done.`;
  return { aspect: "reachout", state: "locked", health: "restricted", sentence, ...(ends === undefined ? {} : { until: ends }) };
}

function connection(state: string | undefined, reason?: string): Signal | undefined {
  if (state === undefined || !(CONNECTED.has(state) || LOST.has(state))) return undefined;
  const isUp = CONNECTED.has(state);
  const isLoggedOut = reason === "401" || state === "logout";
  const sentence = isUp
    ? "The gateway is connected to WhatsApp."
    : isLoggedOut
      ? "The number was logged out of the gateway: nothing comes in or goes out. Link it again."
      : `The gateway lost its connection to WhatsApp (${state}): nothing comes in or goes out.`;
  const aspect: Aspect = { aspect: "connection", state: isLoggedOut ? "logout" : state, health: isUp ? "ok" : "disconnected" };
  return { severity: isUp ? "info" : "critical", sentence, aspects: [aspect], onlyIfChanged: true };
}

function baileysData(body: JsonObject | undefined): JsonObject | undefined {
  const first = readArray(body, "events")?.[0];
  return isObject(first) ? readObject(first, "data") : undefined;
}
