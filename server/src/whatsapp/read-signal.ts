// Owns: what a notice says of a channel or a template, as a sentence and as typed facts (platform reference §5, §8.2, §8.3). Refuses to know: whose
// channel it is, and what was known before.
import type { JsonObject } from "../kernel/json.ts";
import type { NoticeEvent } from "./events.ts";
import { readGatewaySignal } from "./gateways/read-gateway-signal.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "./read-json.ts";
import type { Aspect, Health, Signal, TemplateFacts } from "./signal.ts";
import { cleanString } from "./storable-json.ts";

type Facts = Omit<Signal, "displayPhoneNumber" | "phoneNumberId" | "at">;

/** Recorded raw, and of no channel or template. */
const OTHER_FIELDS: ReadonlySet<string> = new Set(
  "messages status identity errors user_preferences user_id_update history smb_app_state_sync smb_message_echoes message_echoes calls standby messaging_handovers flows tracking_events automatic_events group_lifecycle_update group_participants_update group_settings_update group_status_update payment_configuration_update".split(
    " ",
  ),
);

/** Undefined for what concerns no channel and no template. Never throws. */
export function readSignal({ provider, field, raw }: NoticeEvent): Signal | undefined {
  if (provider === "cloud" && OTHER_FIELDS.has(field)) return undefined;
  const body = parse(raw);
  if (provider !== "cloud") return readGatewaySignal(provider, field, body);
  const entry = firstObject(body, "entry");
  const value = readObject(firstObject(entry, "changes"), "value") ?? {};
  const facts = (READERS.get(field) ?? unknownField)(value, field);
  const time = readInteger(entry, "time");
  const display = readScalar(value, "display_phone_number")?.replaceAll(/\D/g, "");
  const numberId = readScalar(readObject(value, "phone_number_settings"), "phone_number_id");
  return {
    ...facts,
    sentence: cleanString(facts.sentence).slice(0, 1_000),
    ...(time === undefined ? {} : { at: new Date(time > 100_000_000_000 ? time : time * 1_000) }),
    ...(display === undefined ? {} : { displayPhoneNumber: display }),
    ...(numberId === undefined ? {} : { phoneNumberId: numberId }),
  };
}

const short = (text: string | undefined): string => cleanString(text ?? "").slice(0, 200);
const aspect = (name: string, state: string, health: Health): Aspect => ({ aspect: name, state: short(state), health });
const info = (sentence: string, ...aspects: readonly Aspect[]): Facts => ({ severity: "info", sentence, aspects });
const warning = (sentence: string, ...aspects: readonly Aspect[]): Facts => ({ severity: "warning", sentence, aspects });
const critical = (sentence: string, ...aspects: readonly Aspect[]): Facts => ({ severity: "critical", sentence, aspects });
const unknownField = (_value: JsonObject, field: string): Facts => ({
  ...info(`WhatsApp sent a notice of the kind "${short(field)}", which this version does not know.`),
  isUnknown: true,
});

const READERS: ReadonlyMap<string, (value: JsonObject, field: string) => Facts> = new Map([
  ["account_update", readAccount],
  ["business_status_update", readAccount],
  ["account_review_update", readReview],
  ["account_alerts", readAlert],
  ["account_settings_update", () => info("The settings of this number were changed.")],
  ["security", (value) => warning(`A security setting of this number was changed: ${short(readString(value, "event"))}.`)],
  ["phone_number_quality_update", readQuality],
  ["phone_number_name_update", readName],
  ["business_capability_update", readCapability],
  ["business_username_update", readUsername],
  ["business_username_updates", readUsername],
  ["message_template_status_update", readTemplate],
  ["message_template_quality_update", readTemplate],
  ["template_category_update", readTemplate],
  ["template_correct_category_detection", readTemplate],
  ["message_template_components_update", readTemplate],
]);

function readAccount(value: JsonObject): Facts {
  const event = short(readString(value, "event"));
  switch (event) {
    case "PARTNER_REMOVED":
    case "PARTNER_APP_UNINSTALLED":
    case "ACCOUNT_OFFBOARDED": {
      const reason = readString(readObject(value, "disconnection_info"), "reason");
      const why = reason === undefined ? "" : ` (${short(reason)})`;
      return critical(
        `The business took this app's access to its account away${why}: nothing can be sent. Connect the account again.`,
        aspect("partner", event, "removed"),
      );
    }
    case "PARTNER_ADDED":
    case "PARTNER_APP_INSTALLED":
    case "ACCOUNT_RECONNECTED":
      return info("The app has access to this account.", aspect("partner", event, "ok"));
    case "ACCOUNT_DELETED":
      return critical("The WhatsApp Business account was deleted.", aspect("account", event, "removed"));
    case "ACCOUNT_VIOLATION": {
      const type = short(readString(readObject(value, "violation_info"), "violation_type"));
      return warning(`WhatsApp found a violation of its policy: ${type}. Look into WhatsApp Manager.`, aspect("violation", type, "ok"));
    }
    case "ACCOUNT_RESTRICTION":
      return readRestriction(value);
    case "DISABLED_UPDATE":
      return readBan(readObject(value, "ban_info"));
    default:
      return info(`The account reports: ${event === "" ? "an event without a name" : event}.`, aspect("event", event, "ok"));
  }
}

function readRestriction(value: JsonObject): Facts {
  const list = (readArray(value, "restriction_info") ?? []).filter(isObject);
  const aspects = list.map((one): Aspect => {
    const type = short(readString(one, "restriction_type"));
    const seconds = readInteger(one, "expiration");
    const until = seconds === undefined || seconds > 100_000_000_000 ? undefined : new Date(seconds * 1_000);
    return { ...aspect(`restriction:${type}`, type, "restricted"), ...(until === undefined ? {} : { until }) };
  });
  const until = aspects.map((one) => (one.until === undefined ? "" : ` until ${one.until.toISOString()}`));
  const names = aspects.map(({ state }, at) => `${state}${until[at] ?? ""}`).join(", ");
  return critical(`WhatsApp restricts this account: ${names}.`, ...aspects);
}

function readBan(ban: JsonObject | undefined): Facts {
  const state = short(readString(ban, "waba_ban_state"));
  if (state === "REINSTATE") return info("The WhatsApp Business account works again.", aspect("account", state, "ok"));
  if (state === "SCHEDULE_FOR_DISABLE") {
    return critical(
      `WhatsApp will disable this account (${short(readString(ban, "waba_ban_date"))}). Appeal in WhatsApp Manager.`,
      aspect("account", state, "restricted"),
    );
  }
  return critical("WhatsApp has disabled this account. Appeal in WhatsApp Manager.", aspect("account", state, "banned"));
}

function readReview(value: JsonObject): Facts {
  const decision = short(readString(value, "decision"));
  const isGood = decision === "APPROVED";
  const sentence = `The review of the account ended: ${decision}.`;
  return isGood ? info(sentence, aspect("review", decision, "ok")) : warning(sentence, aspect("review", decision, "ok"));
}

function readAlert(value: JsonObject): Facts {
  const alert = readObject(value, "alert_info");
  const sentence = `WhatsApp alerts: ${short(readString(alert, "alert_type"))}. ${short(readString(alert, "alert_description"))}`;
  const severity = readString(alert, "alert_severity")?.toUpperCase();
  return severity === "CRITICAL" ? critical(sentence) : severity === "WARNING" ? warning(sentence) : info(sentence);
}

function readQuality(value: JsonObject): Facts {
  const event = short(readString(value, "event"));
  const limit = short(readScalar(value, "max_daily_conversations_per_business") ?? readScalar(value, "current_limit"));
  const aspects = [aspect("quality", event, "ok"), ...(limit === "" ? [] : [aspect("limit", limit, "ok")])];
  const sentence = `The number's quality or limit changed: ${event}${limit === "" ? "" : `, limit ${limit}`}.`;
  return /^(?:DOWNGRADE|FLAGGED)$/.test(event) ? warning(sentence, ...aspects) : info(sentence, ...aspects);
}

function readName(value: JsonObject): Facts {
  const decision = short(readString(value, "decision"));
  const reason = readString(value, "rejection_reason");
  const why = reason === undefined || reason === "NONE" ? "" : ` (${short(reason)})`;
  const sentence = `The display name "${short(readString(value, "requested_verified_name"))}" was decided: ${decision}${why}.`;
  return decision === "APPROVED" ? info(sentence, aspect("name", decision, "ok")) : warning(sentence, aspect("name", decision, "ok"));
}

function readCapability(value: JsonObject): Facts {
  const limit = short(readScalar(value, "max_daily_conversations_per_business") ?? readScalar(value, "max_daily_conversation_per_phone"));
  return info(`The account may begin ${limit} conversations a day.`, ...(limit === "" ? [] : [aspect("capability", limit, "ok")]));
}

function readUsername(value: JsonObject): Facts {
  const status = short(readString(value, "status"));
  const name = readString(value, "username");
  const sentence = `The business's user name${name === undefined ? "" : ` ${short(name)}`} is ${status}.`;
  return status === "deleted" ? warning(sentence, aspect("username", status, "ok")) : info(sentence, aspect("username", status, "ok"));
}

function readTemplate(value: JsonObject, field: string): Facts {
  const [name, language] = [short(readString(value, "message_template_name")), short(readString(value, "message_template_language"))];
  const quality = readString(value, "new_quality_score");
  const isCategory = field === "template_category_update";
  const status = field === "message_template_status_update" && quality === undefined ? readString(value, "event") : undefined;
  const category = isCategory ? readString(value, "new_category") : readString(value, "message_template_category");
  const template: TemplateFacts = {
    name,
    language,
    ...(category === undefined ? {} : { category: short(category) }),
    ...(status === undefined ? {} : { status: short(status) }),
    ...(quality === undefined ? {} : { quality: short(quality) }),
  };
  const reason = readString(value, "reason");
  const detail = readString(readObject(value, "rejection_info"), "reason") ?? readString(readObject(value, "other_info"), "description");
  const why = [reason === "NONE" ? undefined : reason, detail].filter((part) => part !== undefined).map(short);
  const correct = readString(value, "correct_category");
  const what =
    status ??
    (quality !== undefined
      ? `quality ${quality}`
      : correct !== undefined
        ? `belongs into the category ${correct}`
        : isCategory
          ? `category ${category ?? ""}`
          : "its content was changed");
  const sentence = `Template ${name} (${language}): ${short(what)}${why.length === 0 ? "" : ` (${why.join(": ")})`}.`;
  const isBad = /REJECTED|PAUSED|DISABLED|FLAGGED|LOCKED|LIMIT_EXCEEDED|RED\b|belongs/.test(what);
  return { ...(isBad ? warning(sentence) : info(sentence)), ...(name === "" || language === "" ? {} : { template }) };
}

function firstObject(node: JsonObject | undefined, key: string): JsonObject | undefined {
  const first = readArray(node, key)?.[0];
  return isObject(first) ? first : undefined;
}

function parse(raw: string): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(raw);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
