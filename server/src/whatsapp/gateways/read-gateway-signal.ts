// Owns: what a gateway says of its own connection to WhatsApp. Refuses to know: what was known before. Everything else that gateways tell is noise here.
import type { JsonObject } from "../../kernel/json.ts";
import type { Provider } from "../events.ts";
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
  const lock = readObject(readObject(payload, "data"), "reachoutTimelock");
  const told = connection(readString(payload, "status"));
  const at = timestamp === undefined ? {} : { at: new Date(timestamp) };
  if (told === undefined || lock === undefined) return told === undefined ? undefined : { ...told, ...at };
  const isActive = lock["isActive"] === true;
  const ends = readInteger(lock, "timeEnforcementEnds");
  const aspect: Aspect = {
    aspect: "reachout",
    state: isActive ? "locked" : "free",
    health: isActive ? "restricted" : "ok",
    ...(ends === undefined || ends > 100_000_000_000 ? {} : { until: new Date(ends * 1_000) }),
  };
  const sentence = isActive ? "WhatsApp does not let this number write to new contacts for a while." : told.sentence;
  return { severity: isActive ? "warning" : told.severity, sentence, aspects: [aspect, ...told.aspects], onlyIfChanged: true, ...at };
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
