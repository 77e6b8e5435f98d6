// Owns: what `account_update` and its like say of a whole account: access, bans, restrictions, violations, reviews, alerts, limits. Refuses to know:
// whose account it is, and what was known before.
import type { JsonObject } from "../kernel/json.ts";
import { readTime } from "./provider-time.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { type Aspect, aspectOf, happened, type SignalSeverity, short, type SignalFacts, stateOf } from "./signal.ts";
import { readable, sayLimit, sayWord } from "./signal-words.ts";

/** Of one notice. */
const MAX_RESTRICTIONS = 20;

const TOLD: ReadonlyMap<string, string> = new Map([
  ["VERIFIED_ACCOUNT", "WhatsApp has verified this account."],
  ["MM_LITE_TERMS_SIGNED", "The business agreed to the terms of the Marketing Messages API."],
  ["BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", "The country of the business was changed."],
  ["VOLUME_BASED_PRICING_TIER_UPDATE", "The price per message changed, with the volume of this month."],
]);

export function readAccount(value: JsonObject): SignalFacts {
  const event = short(readString(value, "event"));
  switch (event) {
    case "PARTNER_REMOVED":
    case "PARTNER_APP_UNINSTALLED":
    case "ACCOUNT_OFFBOARDED": {
      const reason = readString(readObject(value, "disconnection_info"), "reason");
      const why = reason === undefined ? "" : ` (${sayWord(reason, "")})`;
      return stateOf(
        "critical",
        `The business took this app's access to its account away${why}: nothing can be sent, and nothing comes in. Waiting messages are kept. Connect the account again.`,
        aspectOf("partner", event, "removed"),
      );
    }
    case "PARTNER_ADDED":
    case "PARTNER_APP_INSTALLED":
    case "ACCOUNT_RECONNECTED":
      return stateOf("info", "The app has access to this account.", aspectOf("partner", event));
    case "ACCOUNT_DELETED":
      return stateOf(
        "critical",
        "The WhatsApp Business account was deleted: nothing can be sent, and nothing comes in. Its conversations are kept.",
        aspectOf("account", event, "removed"),
      );
    case "ACCOUNT_VIOLATION":
      return readViolation(value);
    case "ACCOUNT_RESTRICTION":
      return readRestriction(value);
    case "DISABLED_UPDATE":
      return readBan(readObject(value, "ban_info"));
    default:
      return happened(
        "info",
        TOLD.get(event) ?? `The account reports: ${sayWord(event, "a change without a name")}.`,
        aspectOf("event", event),
      );
  }
}

function readViolation(value: JsonObject): SignalFacts {
  const type = short(readString(readObject(value, "violation_info"), "violation_type"));
  const what = type === "" ? "" : `: ${readable(type)}`;
  return happened(
    "warning",
    `WhatsApp found that this account broke its rules${what}. Sending goes on; look into WhatsApp Manager before it is restricted.`,
    aspectOf("violation", type === "" ? "ACCOUNT_VIOLATION" : type),
  );
}

function readRestriction(value: JsonObject): SignalFacts {
  const list = (readArray(value, "restriction_info") ?? []).filter(isObject).slice(0, MAX_RESTRICTIONS);
  const aspects = list.map((one): Aspect => {
    const type = short(readString(one, "restriction_type"));
    const until = readTime(one, "expiration");
    const named =
      type === "" ? aspectOf("restriction", "ACCOUNT_RESTRICTION", "restricted") : aspectOf(`restriction:${type}`, type, "restricted");
    const end = until === undefined ? "" : ` until ${until.toISOString()}`;
    const what = `WhatsApp restricts this account${end}: ${sayWord(type, "it does not say how")}.`;
    return { ...named, sentence: what, ...(until === undefined ? {} : { until }) };
  });
  if (aspects.length === 0) {
    return stateOf(
      "critical",
      "WhatsApp has restricted this account but does not say how. See WhatsApp Manager.",
      aspectOf("restriction", "ACCOUNT_RESTRICTION", "restricted"),
    );
  }
  return stateOf("critical", aspects.map(({ sentence }) => sentence).join(" "), ...aspects);
}

function readBan(ban: JsonObject | undefined): SignalFacts {
  const state = short(readString(ban, "waba_ban_state"));
  const date = short(readString(ban, "waba_ban_date"));
  switch (state) {
    case "REINSTATE":
      return stateOf("info", "The WhatsApp Business account works again.", aspectOf("account", state));
    case "SCHEDULE_FOR_DISABLE":
      return stateOf(
        "critical",
        `WhatsApp will disable this account${date === "" ? "" : ` (${date})`}. Until then it can be used; appeal in WhatsApp Manager.`,
        aspectOf("account", state, "restricted"),
      );
    case "DISABLE":
    case "":
      return stateOf(
        "critical",
        "WhatsApp has disabled this account: nothing can be sent. Waiting messages are kept. Appeal in WhatsApp Manager.",
        aspectOf("account", state === "" ? "DISABLED_UPDATE" : state, "banned"),
      );
    default:
      return stateOf(
        "critical",
        `WhatsApp changed whether this account is disabled: ${readable(state)}. Look into WhatsApp Manager.`,
        aspectOf("account", state, "restricted"),
      );
  }
}

const REVIEWED: ReadonlyMap<string, readonly [SignalSeverity, string]> = new Map([
  ["APPROVED", ["info", "WhatsApp reviewed this account and approved it."]],
  ["REJECTED", ["warning", "WhatsApp reviewed this account and rejected it. WhatsApp Manager shows why, and where to appeal."]],
  ["PENDING", ["info", "WhatsApp is reviewing this account."]],
  ["DEFERRED", ["warning", "WhatsApp has postponed the review of this account. WhatsApp Manager shows what is missing."]],
]);

export function readReview(value: JsonObject): SignalFacts {
  const decision = short(readString(value, "decision"));
  const [severity, sentence] = REVIEWED.get(decision) ?? [
    "warning",
    `WhatsApp reviewed this account: ${sayWord(decision, "it does not say with which result")}.`,
  ];
  return stateOf(severity, sentence, aspectOf("review", decision));
}

export function readAlert(value: JsonObject): SignalFacts & { readonly phoneNumberId?: string } {
  const alert = readObject(value, "alert_info");
  const [type, description] = [short(readString(alert, "alert_type")), short(readString(alert, "alert_description"))];
  const severityWord = readString(alert, "alert_severity")?.toUpperCase();
  const severity = severityWord === "CRITICAL" ? "critical" : severityWord === "WARNING" ? "warning" : "info";
  const what =
    description === "" ? sayWord(type, "it does not say of what") : `${description.replace(/\.$/, "")} (${sayWord(type, "no type")})`;
  const isOver = /^(?:RESOLVED|CLOSED|INACTIVE|NONE)$/i.test(readString(alert, "alert_status") ?? "");
  const state = readString(alert, "alert_status") ?? severityWord ?? "";
  const numberId = readString(value, "entity_type")?.toUpperCase().includes("PHONE") === true ? readScalar(value, "entity_id") : undefined;
  return {
    ...happened(isOver ? "info" : severity, `WhatsApp ${isOver ? "ended an alert" : "alerts"}: ${what}.`, aspectOf(`alert:${type}`, state)),
    ...(numberId === undefined ? {} : { phoneNumberId: numberId }),
  };
}

export function readCapability(value: JsonObject): SignalFacts {
  const limit = short(readScalar(value, "max_daily_conversations_per_business") ?? readScalar(value, "max_daily_conversation_per_phone"));
  const numbers = short(readScalar(value, "max_phone_numbers_per_waba") ?? readScalar(value, "max_phone_numbers_per_business"));
  const first = sayLimit(limit);
  const parts = [
    ...(first === undefined ? [] : [`may write first ${first}`]),
    ...(numbers === "" ? [] : [`may have ${numbers === "-1" ? "any number of" : numbers} phone numbers`]),
  ];
  const sentence =
    parts.length === 0 ? "The limits of this account changed; WhatsApp Manager shows them." : `The account ${parts.join(", and ")}.`;
  return stateOf(
    "info",
    sentence,
    ...(limit === "" ? [] : [aspectOf("capability", limit)]),
    ...(numbers === "" ? [] : [aspectOf("numbers", numbers)]),
  );
}

export function readPartnerSolution(value: JsonObject): SignalFacts {
  const status = short(readString(value, "solution_status"));
  return stateOf(
    "info",
    `A solution with partners changed: ${sayWord(status === "" ? readString(value, "event") : status, "it does not say how")}.`,
    aspectOf("solution", status),
  );
}
