// Owns: what a notice says of one number: quality, limit, display name, user name, settings, security. Refuses to know: whose number it is.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { type Aspect, aspectOf, happened, type SignalSeverity, short, type SignalFacts, stateOf } from "./signal.ts";
import { readable, sayLimit, sayWord } from "./signal-words.ts";

/** Of one notice. */
const MAX_SETTINGS = 20;

interface QualityWord {
  readonly aspect: "quality" | "throughput" | "onboarding";
  readonly severity: SignalSeverity;
  readonly sentence: string;
}

const QUALITY: ReadonlyMap<string, QualityWord> = new Map<string, QualityWord>([
  ["FLAGGED", { aspect: "quality", severity: "warning", sentence: "Customers block or report this number: WhatsApp flagged its quality." }],
  ["UNFLAGGED", { aspect: "quality", severity: "info", sentence: "The quality of this number is good again." }],
  ["DOWNGRADE", { aspect: "quality", severity: "warning", sentence: "WhatsApp lowered the limit of this number." }],
  ["UPGRADE", { aspect: "quality", severity: "info", sentence: "WhatsApp raised the limit of this number." }],
  [
    "THROUGHPUT_UPGRADE",
    { aspect: "throughput", severity: "info", sentence: "WhatsApp accepts more messages per second from this number." },
  ],
  ["ONBOARDING", { aspect: "onboarding", severity: "info", sentence: "This number is registered with WhatsApp." }],
]);

export function readQuality(value: JsonObject): SignalFacts {
  const event = short(readString(value, "event"));
  const limit = short(readScalar(value, "max_daily_conversations_per_business") ?? readScalar(value, "current_limit"));
  const known = QUALITY.get(event);
  const isLower = known === undefined && /DOWNGRADE|FLAG/.test(event) && !event.includes("UNFLAG");
  const first = known?.sentence ?? `The quality or the limit of this number changed: ${sayWord(event, "it does not say how")}.`;
  const says = sayLimit(limit);
  return stateOf(
    known?.severity ?? (isLower ? "warning" : "info"),
    says === undefined ? first : `${first} It may write first ${says}.`,
    { ...aspectOf(known?.aspect ?? "quality", event), sentence: first },
    ...(limit === "" ? [] : [{ ...aspectOf("limit", limit), sentence: `This number may write first ${says ?? "as before"}.` }]),
  );
}

export function readName(value: JsonObject): SignalFacts {
  const decision = short(readString(value, "decision"));
  const name = short(readString(value, "requested_verified_name"));
  const reason = readString(value, "rejection_reason");
  const what = name === "" ? "The display name" : `The display name "${name}"`;
  const why = reason === undefined || reason === "NONE" ? "" : `: ${readable(reason)}`;
  const aspect = aspectOf("name", decision);
  switch (decision) {
    case "APPROVED":
      return stateOf("info", `${what} was approved.`, aspect);
    case "REJECTED":
      return stateOf(
        "warning",
        `${what} was rejected${why}. The number keeps its old name; ask for another one in WhatsApp Manager.`,
        aspect,
      );
    case "DEFERRED":
    case "PENDING":
      return stateOf("warning", `${what} is not decided yet${why}. The number keeps its old name so long.`, aspect);
    default:
      return stateOf("warning", `${what} was decided: ${sayWord(decision, "it does not say how")}${why}.`, aspect);
  }
}

export function readUsername(value: JsonObject): SignalFacts {
  const status = short(readString(value, "status"));
  const name = short(readString(value, "username"));
  const isRevoked = readString(value, "context") === "revoked";
  const what = `The user name${name === "" ? "" : ` "${name}"`} of this number`;
  const aspect = aspectOf("username", status);
  switch (status) {
    case "approved":
      return isRevoked
        ? stateOf("warning", `${what} was given by WhatsApp in place of the one that it took away.`, aspect)
        : stateOf("info", `${what} is approved: customers can find the business by it.`, aspect);
    case "reserved":
      return stateOf("info", `${what} is reserved, and not in use yet.`, aspect);
    case "deleted":
      return stateOf(
        "warning",
        `${what} ${isRevoked ? "was taken away by WhatsApp" : "was deleted"}: customers do not find it any more.`,
        aspect,
      );
    default:
      return stateOf("info", `${what} changed: ${sayWord(status, "it does not say how")}.`, aspect);
  }
}

const CHANGED: ReadonlyMap<string, string> = new Map([
  ["PIN_CHANGED", "The PIN of the two-step verification was changed"],
  ["PIN_RESET_REQUEST", "Somebody asked to reset the PIN of the two-step verification"],
  ["PIN_RESET_SUCCESS", "The PIN of the two-step verification was reset"],
]);

export function readSecurity(value: JsonObject): SignalFacts {
  const event = short(readString(value, "event"));
  const what = CHANGED.get(event) ?? `A security setting was changed: ${sayWord(event, "it does not say which")}`;
  return happened(
    "warning",
    `${what}. Messages are not affected; if it was none of you, secure the number in WhatsApp Manager.`,
    aspectOf("security", event),
  );
}

/** `phone_number_settings: {calling: {status: "ENABLED", …}, …}`, or the same of a whole account. */
export function readNumberSettings(value: JsonObject): SignalFacts {
  const groups = Object.entries(value).flatMap(([key, group]) => (key.endsWith("_settings") && isObject(group) ? [group] : []));
  const aspects = groups
    .flatMap((group) => Object.entries(group))
    .flatMap(([name, setting]): readonly Aspect[] => (isObject(setting) ? [settingOf(short(name), setting)] : []))
    .slice(0, MAX_SETTINGS);
  if (aspects.length > 0) return stateOf("info", aspects.map(({ sentence }) => sentence).join(" "), ...aspects);
  return happened("info", "A setting was changed in WhatsApp Manager.", aspectOf("settings", readString(value, "type") ?? ""));
}

function settingOf(name: string, setting: JsonObject): Aspect {
  const status = readScalar(setting, "status") ?? readScalar(readObject(setting, "value"), "status") ?? "";
  const what = name.replaceAll("_", " ");
  const state = short(status);
  const sentence =
    state === "ENABLED"
      ? `The setting "${what}" is on.`
      : state === "DISABLED"
        ? `The setting "${what}" is off.`
        : `The setting "${what}" was changed${state === "" ? "" : `: ${readable(state)}`}.`;
  return { ...aspectOf(`settings:${name}`, state), sentence };
}
