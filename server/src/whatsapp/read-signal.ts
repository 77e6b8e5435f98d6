// Owns: what a notice says of a channel or a template, as a sentence and as typed facts (Meta: "Webhooks reference"). Refuses to know: whose
// channel it is, and what was known before.
import type { JsonObject } from "../kernel/json.ts";
import { readAccount, readAlert, readCapability, readPartnerSolution, readReview } from "./account-signal.ts";
import type { NoticeEvent } from "./events.ts";
import { readGatewaySignal } from "./gateways/read-gateway-signal.ts";
import { readHistoryRefusal } from "./history-refusal.ts";
import { readStandby } from "./standby-signal.ts";
import { readName, readQuality, readSecurity, readNumberSettings, readUsername } from "./number-signal.ts";
import { readTime } from "./provider-time.ts";
import { isObject, parseObject, readArray, readObject, readScalar } from "../kernel/read-json.ts";
import { happened, short, type Signal, type SignalFacts } from "./signal.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { readTemplate } from "./template-signal.ts";

type Facts = SignalFacts & Pick<Signal, "phoneNumberId">;

/** Recorded raw, and of no channel or template. */
const OTHER_FIELDS: ReadonlySet<string> = new Set(
  "messages status identity errors user_preferences user_id_update smb_app_state_sync smb_message_echoes message_echoes calls messaging_handovers flows tracking_events automatic_events group_lifecycle_update group_participants_update group_settings_update group_status_update payment_configuration_update".split(
    " ",
  ),
);

/** Undefined: it is of no channel and no template after all. */
type Reader = (value: JsonObject, field: string) => Facts | undefined;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["history", readHistoryRefusal],
  ["standby", readStandby],
  ["account_update", readAccount],
  ["business_status_update", readAccount],
  ["account_review_update", readReview],
  ["account_alerts", readAlert],
  ["account_settings_update", readNumberSettings],
  ["security", readSecurity],
  ["phone_number_quality_update", readQuality],
  ["phone_number_name_update", readName],
  ["business_capability_update", readCapability],
  ["business_username_update", readUsername],
  ["business_username_updates", readUsername],
  ["partner_solutions", readPartnerSolution],
  ["message_template_status_update", readTemplate],
  ["message_template_quality_update", readTemplate],
  ["template_category_update", readTemplate],
  ["template_correct_category_detection", readTemplate],
  ["message_template_components_update", readTemplate],
]);

const MAX_SENTENCE = 1_000;

/** Undefined for what concerns no channel and no template. Never throws. */
export function readSignal({ provider, field, raw }: NoticeEvent): Signal | undefined {
  if (provider === "cloud" && OTHER_FIELDS.has(field)) return undefined;
  const open = (): JsonObject | undefined => parseObject(raw);
  const signal = provider === "cloud" ? readCloudSignal(field, open()) : readGatewaySignal(provider, field, open);
  if (signal === undefined) return undefined;
  return { ...signal, sentence: fit(signal.sentence), aspects: signal.aspects.map((one) => ({ ...one, ...fitted(one.sentence) })) };
}

const fit = (sentence: string): string => cleanString(sentence).slice(0, MAX_SENTENCE);
const fitted = (sentence: string | undefined): { readonly sentence?: string } =>
  sentence === undefined ? {} : { sentence: fit(sentence) };

function readCloudSignal(field: string, body: JsonObject | undefined): Signal | undefined {
  const entry = firstObject(body, "entry");
  const value = readObject(firstObject(entry, "changes"), "value") ?? {};
  const facts = (READERS.get(field) ?? unknownField)(value, field);
  if (facts === undefined) return undefined;
  const at = entry === undefined ? undefined : readTime(entry, "time");
  const display = readScalar(value, "display_phone_number")?.replaceAll(/\D/g, "");
  const numberId = readScalar(readObject(value, "phone_number_settings"), "phone_number_id");
  const accountId = readScalar(readObject(value, "waba_info"), "waba_id");
  return {
    ...facts,
    ...(at === undefined ? {} : { at }),
    ...(display === undefined ? {} : { displayPhoneNumber: display }),
    ...(numberId === undefined ? {} : { phoneNumberId: numberId }),
    ...(accountId === undefined ? {} : { accountId: short(accountId) }),
  };
}

const unknownField = (_value: JsonObject, field: string): Facts => ({
  ...happened("info", `WhatsApp sent a notice of the kind "${short(field)}", which this version does not know.`),
  isUnknown: true,
});

function firstObject(node: JsonObject | undefined, key: string): JsonObject | undefined {
  const first = readArray(node, key)?.[0];
  return isObject(first) ? first : undefined;
}
