// Owns: what a notice says of a template. Refuses to know: who sends it.
import type { JsonObject } from "../kernel/json.ts";
import { readTime } from "./provider-time.ts";
import { readObject, readScalar, readString } from "../kernel/read-json.ts";
import { short, type SignalFacts, type TemplateFacts } from "./signal.ts";
import { readable, sayWord } from "./signal-words.ts";

/** What WhatsApp did to it. The bad ones are warnings. */
const DONE: ReadonlyMap<string, readonly ["info" | "warning", string]> = new Map([
  ["APPROVED", ["info", "was approved and can be sent"]],
  ["REJECTED", ["warning", "was rejected and cannot be sent"]],
  ["PENDING", ["info", "is being reviewed"]],
  ["IN_APPEAL", ["info", "is being reviewed again"]],
  ["PAUSED", ["warning", "is paused and cannot be sent for a while"]],
  ["UNPAUSE", ["info", "can be sent again"]],
  ["REINSTATED", ["info", "can be sent again"]],
  ["FLAGGED", ["warning", "has a low quality and may be paused"]],
  ["DISABLED", ["warning", "was disabled and cannot be sent any more"]],
  ["LOCKED", ["warning", "is locked and cannot be edited"]],
  ["LIMIT_EXCEEDED", ["warning", "reached a limit"]],
  ["ARCHIVED", ["info", "is archived and cannot be sent"]],
  ["UNARCHIVED", ["info", "is taken out of the archive"]],
  ["DELETED", ["warning", "was deleted and cannot be sent any more"]],
  ["PENDING_DELETION", ["warning", "will be deleted"]],
]);

const QUALITY: ReadonlyMap<string, readonly ["info" | "warning", string]> = new Map([
  ["GREEN", ["info", "has a high quality"]],
  ["YELLOW", ["info", "has a medium quality: customers begin to block or report it"]],
  ["RED", ["warning", "has a low quality: customers block or report it, and it may be paused"]],
  ["UNKNOWN", ["info", "has no quality yet"]],
]);

/** What it is after an event that is no state. Its list says the rest. */
const STATE_AFTER: ReadonlyMap<string, string> = new Map([
  ["UNPAUSE", "APPROVED"],
  ["REINSTATED", "APPROVED"],
  ["UNARCHIVED", "APPROVED"],
]);

const HOUR_MS = 3_600_000;
/** How long a pause lasts (Meta: "Template pausing"); the third one disables the template. */
const PAUSES: ReadonlyMap<string, number> = new Map([
  ["FIRST_PAUSE", 3 * HOUR_MS],
  ["SECOND_PAUSE", 6 * HOUR_MS],
]);

export function readTemplate(value: JsonObject, field: string): SignalFacts {
  const [name, language] = [short(readString(value, "message_template_name")), short(readString(value, "message_template_language"))];
  const quality = readString(value, "new_quality_score");
  const isCategory = field === "template_category_update";
  const status = field === "message_template_status_update" && quality === undefined ? readString(value, "event") : undefined;
  const category = isCategory ? readString(value, "new_category") : readString(value, "message_template_category");
  const providerId = readScalar(value, "message_template_id");
  const template: TemplateFacts = {
    name,
    language,
    ...(category === undefined ? {} : { category: short(category) }),
    ...(status === undefined ? {} : stateOf(value, status)),
    ...(quality === undefined ? {} : { quality: short(quality) }),
    ...(providerId !== undefined && /^\d{1,32}$/.test(providerId) ? { providerId } : {}),
    ...(isCategory ? announcedIn(value) : {}),
  };
  const [severity, what] = whatOf(value, { status, quality, category: isCategory ? category : undefined });
  const sentence = `The template "${name === "" ? "without a name" : name}"${language === "" ? "" : ` (${language})`} ${what}${whyOf(value)}.`;
  return { severity, sentence, aspects: [], ...(name === "" || language === "" ? {} : { template }) };
}

function stateOf(value: JsonObject, event: string): Partial<TemplateFacts> {
  const title = readString(readObject(value, "other_info"), "title");
  const reason = title ?? readString(value, "reason");
  const pausedMs = event === "PAUSED" ? PAUSES.get(title ?? "") : undefined;
  return {
    status: STATE_AFTER.get(event) ?? short(event),
    ...(reason === undefined || reason === "NONE" ? {} : { reason: short(reason) }),
    ...(pausedMs === undefined ? {} : { pausedMs }),
  };
}

/** A day ahead: until then `new_category` is the present one. */
function announcedIn(value: JsonObject): Partial<TemplateFacts> {
  const correct = readString(value, "correct_category");
  if (correct === undefined) return {};
  const at = readTime(value, "category_update_timestamp");
  return { nextCategory: short(correct), ...(at === undefined ? {} : { nextCategoryAt: at }) };
}

interface ReportedState {
  readonly status: string | undefined;
  readonly quality: string | undefined;
  /** Of a notice of the category only. */
  readonly category: string | undefined;
}

function whatOf(value: JsonObject, { status, quality, category }: ReportedState): readonly ["info" | "warning", string] {
  if (status !== undefined) return DONE.get(status) ?? ["info", `has a new state: ${readable(status)}`];
  if (quality !== undefined) return QUALITY.get(quality) ?? ["info", `has a new quality: ${readable(quality)}`];
  const correct = readString(value, "correct_category");
  if (correct !== undefined) {
    const at = readTime(value, "category_update_timestamp");
    return [
      "warning",
      `belongs in the category ${short(correct)}${at === undefined ? "" : `, and will be in it from ${at.toISOString()} on`}`,
    ];
  }
  if (category !== undefined) return ["info", `is in the category ${short(category)} now`];
  return ["info", "has a new content"];
}

function whyOf(value: JsonObject): string {
  const reason = readString(value, "reason");
  const [rejection, other] = [readObject(value, "rejection_info"), readObject(value, "other_info")];
  const title = readString(other, "title");
  const parts = [reason === "NONE" ? undefined : reason, title === readString(value, "event") ? undefined : title].flatMap((word) =>
    word === undefined ? [] : [sayWord(word, "")],
  );
  const details = [readString(rejection, "reason"), readString(rejection, "recommendation"), readString(other, "description")].flatMap(
    (detail) => (detail === undefined ? [] : [short(detail).replace(/\.$/, "")]),
  );
  const why = [...parts, ...details];
  return why.length === 0 ? "" : `: ${why.join(". ")}`;
}
