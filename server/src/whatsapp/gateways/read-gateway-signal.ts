// Owns: what a gateway says of its own connection to WhatsApp, and of what WhatsApp does not let its number do. Refuses to know: what was known before.
// Everything else that gateways report is noise here.
import type { JsonObject } from "../../kernel/json.ts";
import { readTime } from "../provider-time.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import type { Gateway } from "../providers.ts";
import { type Aspect, type Health, short, type Signal } from "../signal.ts";
import { readable } from "../signal-words.ts";

const CONNECTED = new Set(["open", "WORKING"]);
const LOST = new Set(["close", "refused", "STOPPED", "FAILED", "SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED"]);
/** The library connects again at once: after linking, and of its own accord. */
const RESTARTS = "515";

type ReadBody = (body: JsonObject | undefined) => Signal | undefined;

/** Which notice of each gateway is about its connection or a limit, and how it is read. */
const NOTICES: Readonly<Record<Gateway, { readonly name: string; readonly read: ReadBody }>> = {
  evolution: { name: "connection.update", read: (body) => readUpdate(readObject(body, "data")) },
  waha: { name: "session.status", read: readSessionStatus },
  baileys: { name: "connection.update", read: (body) => readUpdate(baileysData(body)) },
};

/** Undefined for what is not about the connection or a limit, and while the connection is being made; `open` parses the body of what may be. */
export function readGatewaySignal(gateway: Gateway, field: string, open: () => JsonObject | undefined): Signal | undefined {
  const read = readerOf(gateway, plain(field));
  if (read === undefined) return undefined;
  const body = open();
  const signal = read(body);
  const isAlone = ["id", "timestamp", "date_time"].some((key) => readScalar(body, key) !== undefined);
  return signal === undefined || isAlone ? signal : { ...signal, comesAlike: true };
}

function readerOf(gateway: Gateway, name: string): ReadBody | undefined {
  if (name === "logout.instance") return () => signalOf(lost("logout", LOGGED_OUT));
  if (name === "remove.instance") return () => signalOf(lost("removed", "The number's instance was removed from the gateway"));
  return name === NOTICES[gateway].name ? NOTICES[gateway].read : undefined;
}

function readSessionStatus(body: JsonObject | undefined): Signal | undefined {
  const payload = readObject(body, "payload");
  return signalOf(
    readConnection(readString(payload, "status"), undefined),
    readObject(payload, "data"),
    body && readTime(body, "timestamp"),
  );
}

function readUpdate(data: JsonObject | undefined): Signal | undefined {
  const state = readString(data, "state") ?? readString(data, "connection");
  return signalOf(readConnection(state, readScalar(data, "statusReason") ?? statusCodeOf(data)), data);
}

type AspectReport = Aspect & { readonly sentence: string; readonly severity: Signal["severity"] };

function signalOf(connection: AspectReport | undefined, data?: JsonObject, at?: Date): Signal | undefined {
  const reports = [connection, readReachoutLock(data), readCapping(data)].filter((one) => one !== undefined);
  // A lost connection says more than a limit, and a limit more than that all is well.
  const worst = reports.toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity))[0];
  if (worst === undefined) return undefined;
  const aspects = reports.map(({ severity: _, ...aspect }) => aspect);
  return { severity: worst.severity, sentence: worst.sentence, aspects, onlyIfChanged: true, ...(at === undefined ? {} : { at }) };
}

const SEVERITIES = ["info", "warning", "critical"];

const LOGGED_OUT = "The number was logged out of the gateway";

/** By the status with which WhatsApp ended the connection. */
const ENDED: ReadonlyMap<string, readonly [state: string, what: string]> = new Map([
  ["401", ["logout", LOGGED_OUT]],
  ["403", ["refused", "WhatsApp refuses the number at the gateway, which may mean that it is banned"]],
  ["440", ["replaced", "Another program took the gateway's place at WhatsApp"]],
]);

const lost = (state: string, what: string): AspectReport => ({
  aspect: "connection",
  state,
  health: "disconnected",
  severity: "critical",
  sentence: `${what}: nothing comes in or goes out. Waiting messages are kept. Link the number again.`,
});

function readConnection(state: string | undefined, reason: string | undefined): AspectReport | undefined {
  if (state !== undefined && CONNECTED.has(state)) {
    return { aspect: "connection", state, health: "ok", severity: "info", sentence: "The gateway is connected to WhatsApp." };
  }
  if (state === undefined || !LOST.has(state) || reason === RESTARTS) return undefined;
  const [name, what] = ENDED.get(reason ?? "") ?? [state, undefined];
  if (what !== undefined) return lost(name, what);
  if (/^(?:SCAN_QR_CODE|PASSKEY_)/.test(state)) return lost(state, "The gateway waits for the number to be linked");
  const report = lost(state, "");
  return {
    ...report,
    sentence: `The gateway lost its connection to WhatsApp (${state}): nothing comes in or goes out. Waiting messages are kept. Check the gateway if it does not come back.`,
  };
}

function readReachoutLock(data: JsonObject | undefined): AspectReport | undefined {
  const lock = readObject(data, "reachoutTimelock") ?? readObject(data, "reachoutTimeLock");
  if (lock === undefined) return undefined;
  if (lock["isActive"] !== true) {
    return { aspect: "reachout", state: "free", health: "ok", severity: "info", sentence: "This number may write to new contacts." };
  }
  const until = readTime(lock, "timeEnforcementEnds");
  const sentence = `WhatsApp does not let this number write to new contacts ${spanOf(until)}. Customers who write can still be answered.`;
  return { aspect: "reachout", state: "locked", health: "restricted", severity: "warning", sentence, ...(until && { until }) };
}

const CAPPED: ReadonlyMap<string, readonly [Health, Signal["severity"]]> = new Map([
  ["NONE", ["ok", "info"]],
  ["FIRST_WARNING", ["ok", "warning"]],
  ["SECOND_WARNING", ["ok", "warning"]],
  ["CAPPED", ["restricted", "warning"]],
]);

/** How many new contacts a number may write to in a cycle. */
function readCapping(data: JsonObject | undefined): AspectReport | undefined {
  const capping = readObject(data, "messageCapping");
  if (capping === undefined) return undefined;
  const [total, used] = [readInteger(capping, "totalQuota"), readInteger(capping, "usedQuota")];
  const isFull = total !== undefined && used !== undefined && total > 0 && used >= total;
  const state = short(readString(capping, "cappingStatus") ?? (isFull ? "CAPPED" : ""));
  if (state === "" && total === undefined) return undefined;
  const [health, severity] = CAPPED.get(state === "" ? "NONE" : state) ?? ["ok", "warning"];
  const until = health === "restricted" ? readTime(capping, "cycleEnd") : undefined;
  const quota = total === undefined || total < 0 ? "" : ` (${String(total)} in all)`;
  const sentence =
    health === "restricted"
      ? `This number wrote to as many new contacts as WhatsApp allows${quota}: to no more ${spanOf(until)}. Customers who write can still be answered.`
      : severity === "info"
        ? "This number may write to new contacts."
        : CAPPED.has(state)
          ? `This number has written to almost as many new contacts as WhatsApp allows${quota}.`
          : `WhatsApp limits to how many new contacts this number may write${quota}: ${readable(state)}.`;
  return { aspect: "capping", state: state === "" ? "NONE" : state, health, severity, sentence, ...(until && { until }) };
}

const spanOf = (until: Date | undefined): string => (until === undefined ? "for a while" : `until ${until.toISOString()}`);

/** Why a connection ended, as Baileys says it. */
function statusCodeOf(data: JsonObject | undefined): string | undefined {
  const error = readObject(readObject(data, "lastDisconnect"), "error");
  return readScalar(readObject(error, "output"), "statusCode") ?? readScalar(error, "statusCode");
}

/** Of a batch, the first one about the connection. */
function baileysData(body: JsonObject | undefined): JsonObject | undefined {
  const event = (readArray(body, "events") ?? []).find(
    (one) => isObject(one) && plain(readString(one, "event") ?? "") === "connection.update",
  );
  return isObject(event) ? readObject(event, "data") : undefined;
}

function plain(field: string): string {
  return field.toLowerCase().replaceAll(/[_-]/g, ".");
}
