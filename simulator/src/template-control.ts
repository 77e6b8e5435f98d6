// Owns what whoever drives the simulator lets the platform do to a template: reviews, pauses, categories, quality, new content; with its webhook, or without.
import type { VirtualClock } from "./clock.ts";
import type { MessageTemplate, TemplateCategory } from "./default-templates.ts";
import { InputError, readBoolean, readInteger, readObject, readOneOf, readString, rejectUnknownKeys } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { Settings } from "./settings.ts";
import type { OwnedTemplate, TemplateStore } from "./template-store.ts";
import { categoryChange, categoryWarning, componentsChange, qualityChange, statusChange } from "./template-webhooks.ts";
import type { TemplateChange } from "./template-webhooks.ts";

const keys = [
  ...["id", "name", "language", "wabaId", "event", "reason", "title", "rejection"],
  ...["category", "correctCategory", "inMs", "quality", "components", "silent"],
];
const categories = ["UTILITY", "MARKETING", "AUTHENTICATION"] as const;
/** What a template is after an event that is not itself a status. */
const statusAfter: ReadonlyMap<string, string> = new Map([
  ["UNPAUSE", "APPROVED"],
  ["REINSTATED", "APPROVED"],
  ["UNARCHIVED", "APPROVED"],
  ["FLAGGED", "APPROVED"],
  ["LOCKED", "APPROVED"],
]);

interface Deps {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly templates: TemplateStore;
}

function findOwned({ settings, templates }: Deps, request: JsonObject): OwnedTemplate {
  const [id, name, language] = ["id", "name", "language"].map((key) => readString(request, key));
  const wabaId = readString(request, "wabaId") ?? settings.defaultNumber.wabaId;
  const listed = templates.listOf(wabaId).find((one) => one.name === name && (language === undefined || one.language === language));
  const found = id === undefined ? listed && { wabaId, template: listed } : templates.find(id);
  if (found === undefined) throw new InputError('Say which template: "id", or "name" and "language", of an account that has it.');
  return found;
}

interface Step {
  readonly part: Partial<MessageTemplate>;
  readonly tells: (template: MessageTemplate) => TemplateChange;
}

function stepOf({ clock }: Deps, request: JsonObject, before: MessageTemplate): Step {
  const event = readString(request, "event");
  const [category, correct] = [readOneOf(request, "category", categories), readOneOf(request, "correctCategory", categories)];
  const quality = readString(request, "quality");
  const { components } = request;
  if (event !== undefined) {
    const news = {
      event,
      reason: request["reason"] === null ? null : (readString(request, "reason") ?? "NONE"),
      title: readString(request, "title"),
      rejection: readObject(request, "rejection"),
    };
    const status = statusAfter.get(event) ?? event;
    return { part: { status, ...(category !== undefined && { category }) }, tells: (template) => statusChange(template, news) };
  }
  if (correct !== undefined) {
    const at = Math.floor((clock.nowMs() + (readInteger(request, "inMs", { min: 0 }) ?? 86_400_000)) / 1000);
    return { part: {}, tells: (template) => categoryWarning(template, correct, at) };
  }
  if (category !== undefined)
    return { part: { category: category satisfies TemplateCategory }, tells: (template) => categoryChange(template, before.category) };
  if (quality !== undefined) {
    const score = { score: quality, date: Math.floor(clock.nowMs() / 1000) };
    const previous = readString(readObject(before.extra ?? {}, "quality_score") ?? {}, "score") ?? "UNKNOWN";
    return { part: { extra: { ...before.extra, quality_score: score } }, tells: (template) => qualityChange(template, previous, quality) };
  }
  if (Array.isArray(components)) return { part: { components: components as readonly JsonObject[] }, tells: componentsChange };
  throw new InputError('Say what happens to it: "event", "category", "correctCategory", "quality" or "components".');
}

/** The template as it is afterwards. */
export async function changeTemplate(deps: Deps, request: JsonObject): Promise<MessageTemplate> {
  rejectUnknownKeys(request, keys, "A change of a template");
  const { wabaId, template: before } = findOwned(deps, request);
  const { part, tells } = stepOf(deps, request, before);
  const template = deps.templates.change(before.id, part) ?? before;
  if (readBoolean(request, "silent") !== true) await deps.templates.tell(wabaId, tells(template)).firstAttempt;
  return template;
}
