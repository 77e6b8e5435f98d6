// Owns the templates of the accounts: what there is, who may change it how often, and the reviews that follow. Knows nothing of HTTP and of sends.
import type { VirtualClock } from "./clock.ts";
import { defaultTemplates } from "./default-templates.ts";
import type { MessageTemplate, TemplateCategory } from "./default-templates.ts";
import { badValue } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { envelopeOf } from "./messages-webhook.ts";
import type { Settings } from "./settings.ts";
import { statusChange } from "./template-webhooks.ts";
import type { TemplateChange } from "./template-webhooks.ts";
import { componentsProblem, newTemplateProblem } from "./validate-new-template.ts";
import type { StartedDelivery, WebhookDelivery } from "./webhook-delivery.ts";
import { toWire } from "./webhook-wire.ts";

export interface OwnedTemplate {
  readonly wabaId: string;
  readonly template: MessageTemplate;
}

export type TemplateOutcome = { readonly answer: JsonObject } | { readonly problem: GraphProblem };

export interface TemplateStore {
  readonly listOf: (wabaId: string) => readonly MessageTemplate[];
  readonly find: (id: string) => OwnedTemplate | undefined;
  readonly create: (wabaId: string, body: JsonObject) => TemplateOutcome;
  readonly edit: (id: string, body: JsonObject) => TemplateOutcome;
  readonly remove: (wabaId: string, what: JsonObject) => TemplateOutcome;
  readonly unpause: (id: string) => TemplateOutcome;
  readonly archive: (wabaId: string, ids: unknown, archived: boolean) => TemplateOutcome;
  /** The template behind a message of Direct Send: matched or made, and reviewed after sending. Its name may be one that the account has made itself. */
  readonly generate: (wabaId: string, form: { readonly name: string | undefined; readonly components: readonly JsonObject[] }) => Generated;
  /** As the platform itself changes it; no webhook. Undefined when there is none. */
  readonly change: (id: string, change: Partial<MessageTemplate>) => MessageTemplate | undefined;
  readonly tell: (wabaId: string, change: TemplateChange) => StartedDelivery;
  /** Puts things back as they were at the start. */
  readonly reset: () => void;
  readonly stop: () => void;
}

export type Generated = { readonly templateId: string } | { readonly problem: GraphProblem };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const creationsPerHour = 100;
const nameBlockedMs = 30 * dayMs;

interface Kept extends OwnedTemplate {
  readonly editedAtMs: readonly number[];
}

const upper = (value: unknown): string => (typeof value === "string" ? value.toUpperCase() : "");
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What the platform makes of the form of an authentication template. */
function expanded(components: readonly JsonObject[], category: string): readonly JsonObject[] {
  if (category !== "AUTHENTICATION") return components.map((node) => ({ ...node, type: upper(node["type"]) }));
  return components.map((node) => {
    switch (upper(node["type"])) {
      case "BODY":
        return {
          ...node,
          type: "BODY",
          text: `*{{1}}* is your verification code.${node["add_security_recommendation"] === true ? " For your security, do not share this code." : ""}`,
          example: { body_text: [["123456"]] },
        };
      case "FOOTER":
        return { ...node, type: "FOOTER", text: `This code expires in ${String(node["code_expiration_minutes"])} minutes.` };
      default: {
        const [button] = Array.isArray(node["buttons"]) ? node["buttons"].filter(isJsonObject) : [];
        const otp = textOf(button?.["otp_type"]);
        const url = `https://www.whatsapp.com/otp/code/?otp_type=${otp}&code=otp{{1}}`;
        return { type: "BUTTONS", buttons: [{ type: "URL", text: textOf(button?.["text"]) || "Copy code", url, example: [url] }] };
      }
    }
  });
}

export function createTemplateStore(deps: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly delivery: WebhookDelivery;
}): TemplateStore {
  const { settings, clock, delivery } = deps;
  const templates = new Map<string, Kept>();
  const created = new Map<string, number[]>();
  const blocked = new Map<string, number>();
  const reviews = new Set<NodeJS.Timeout>();
  let count = 0;

  const seed = (): void => {
    templates.clear();
    created.clear();
    blocked.clear();
    const accounts = [...new Set([...settings.numbers.values()].map(({ wabaId }) => wabaId))];
    accounts.forEach((wabaId, index) => {
      for (const template of defaultTemplates) {
        const id = String(Number(template.id) + index * 1000);
        templates.set(id, { wabaId, template: { ...template, id }, editedAtMs: [] });
      }
    });
  };
  seed();

  const listOf = (wabaId: string): readonly MessageTemplate[] =>
    [...templates.values()].filter((kept) => kept.wabaId === wabaId).map(({ template }) => template);

  const change: TemplateStore["change"] = (id, part) => {
    const kept = templates.get(id);
    if (kept === undefined) return undefined;
    const template = { ...kept.template, ...part };
    templates.set(id, { ...kept, template });
    return template;
  };

  const tell: TemplateStore["tell"] = (wabaId, { field, value }) =>
    delivery.start({
      body: toWire(envelopeOf([{ id: wabaId, time: Number(clock.nowSeconds()), changes: [{ field, value }] }])),
      ids: [textOf(value["message_template_name"])],
    });

  const review = (id: string): void => {
    if (settings.templateReview === "manual") return;
    const timer = setTimeout(() => {
      reviews.delete(timer);
      const kept = templates.get(id);
      if (kept?.template.status !== "PENDING") return;
      const template = change(id, { status: "APPROVED" });
      if (template !== undefined) tell(kept.wabaId, statusChange(template, { event: "APPROVED", reason: "NONE" }));
    }, settings.statusDelayMs);
    reviews.add(timer);
  };

  const limitProblem = (wabaId: string): GraphProblem | undefined => {
    if (listOf(wabaId).length >= settings.templateLimit)
      return { code: 2388019, details: `This account has reached its limit of ${settings.templateLimit} templates` };
    const recent = (created.get(wabaId) ?? []).filter((atMs) => atMs > clock.nowMs() - hourMs);
    created.set(wabaId, recent);
    return recent.length < creationsPerHour
      ? undefined
      : { code: 80007, details: `Only ${creationsPerHour} templates may be created per hour` };
  };

  const nameProblem = (wabaId: string, name: string, language: string): GraphProblem | undefined => {
    const until = blocked.get(`${wabaId} ${name}`) ?? 0;
    if (until > clock.nowMs()) return badValue(`The template name ${name} was deleted and is blocked for 30 days`);
    return listOf(wabaId).some((template) => template.name === name && template.language === language)
      ? badValue(`There is a template ${name} in ${language} already`)
      : undefined;
  };

  const ofLibrary = (body: JsonObject): readonly JsonObject[] => {
    const inputs = Array.isArray(body["library_template_button_inputs"]) ? body["library_template_button_inputs"].filter(isJsonObject) : [];
    const buttons = inputs.flatMap((input) => {
      const url = isJsonObject(input["url"]) ? textOf(input["url"]["base_url"]) : "";
      return url === "" ? [] : [{ type: "URL", text: "View details", url, example: [url.replace(/\{\{1\}\}/, "1")] }];
    });
    return [
      { type: "BODY", text: "Your delivery {{1}} arrives today, between the usual hours.", example: { body_text: [["1042"]] } },
      ...(buttons.length > 0 ? [{ type: "BUTTONS", buttons }] : []),
    ];
  };

  const editProblem = ({ template, editedAtMs }: Kept, body: JsonObject): GraphProblem | undefined => {
    if (template.extra?.["source"] === "AUTO_GENERATED") return { code: 2388318, details: "A generated template cannot be edited" };
    if (!["APPROVED", "REJECTED", "PAUSED"].includes(template.status))
      return badValue(`A template that is ${template.status} cannot be edited`);
    if (template.status === "APPROVED") {
      if (body["category"] !== undefined && upper(body["category"]) !== template.category)
        return badValue("The category of an approved template cannot be changed");
      const since = (ms: number): number => editedAtMs.filter((atMs) => atMs > clock.nowMs() - ms).length;
      if (since(dayMs) >= 1) return badValue("An approved template may be edited once a day");
      if (since(30 * dayMs) >= 10) return badValue("An approved template may be edited 10 times in 30 days");
    }
    const category = upper(body["category"] ?? template.category);
    return body["components"] === undefined ? undefined : componentsProblem(body["components"], category, template.parameter_format);
  };

  const withdraw = (wabaId: string, gone: readonly MessageTemplate[]): TemplateOutcome => {
    const generated = gone.find(({ extra }) => extra?.["source"] === "AUTO_GENERATED");
    if (generated !== undefined) return { problem: { code: 2388330, details: "A generated template cannot be deleted" } };
    for (const template of gone) {
      templates.delete(template.id);
      blocked.set(`${wabaId} ${template.name}`, clock.nowMs() + nameBlockedMs);
      tell(wabaId, statusChange(template, { event: "DELETED", reason: null }));
    }
    return { answer: { success: true } };
  };

  const listIn = (value: unknown): readonly string[] | undefined => {
    if (Array.isArray(value)) return value.map(String);
    if (typeof value !== "string") return undefined;
    return value
      .replace(/^\[|\]$/g, "")
      .split(",")
      .map((id) => id.trim().replaceAll('"', ""))
      .filter((id) => id !== "");
  };

  return {
    listOf,
    find: (id) => templates.get(id),
    create(wabaId, body) {
      const wrong = newTemplateProblem(body);
      if (wrong !== undefined) return { problem: wrong };
      const [name, language, category] = [textOf(body["name"]), textOf(body["language"]), upper(body["category"]) as TemplateCategory];
      const refused = nameProblem(wabaId, name, language) ?? limitProblem(wabaId);
      if (refused !== undefined) return { problem: refused };
      created.set(wabaId, [...(created.get(wabaId) ?? []), clock.nowMs()]);
      count += 1;
      const id = String(1_600_000_000_000_000 + count);
      const isOfLibrary = body["library_template_name"] !== undefined;
      const given = Array.isArray(body["components"]) ? body["components"].filter(isJsonObject) : [];
      const ttl = body["message_send_ttl_seconds"];
      const template: MessageTemplate = {
        ...{ id, name, language, category, status: isOfLibrary ? "APPROVED" : "PENDING" },
        parameter_format: upper(body["parameter_format"]) === "NAMED" ? "NAMED" : "POSITIONAL",
        components: isOfLibrary ? ofLibrary(body) : expanded(given, category),
        extra: {
          ...(ttl !== undefined && { message_send_ttl_seconds: ttl }),
          ...(body["optimization_spec"] !== undefined && { optimization_spec: body["optimization_spec"] }),
          ...(isOfLibrary && { library_template_name: body["library_template_name"] }),
        },
      };
      templates.set(id, { wabaId, template, editedAtMs: [] });
      if (!isOfLibrary) review(id);
      return { answer: { id, status: template.status, category } };
    },
    edit(id, body) {
      const kept = templates.get(id);
      if (kept === undefined) return { problem: badValue("There is no such template") };
      const wrong = editProblem(kept, body);
      if (wrong !== undefined) return { problem: wrong };
      const { template } = kept;
      const category = upper(body["category"] ?? template.category) as TemplateCategory;
      const given = Array.isArray(body["components"]) ? body["components"].filter(isJsonObject) : undefined;
      const onlyPrice = given === undefined && body["optimization_spec"] !== undefined;
      templates.set(id, {
        ...kept,
        template: {
          ...template,
          category,
          status: onlyPrice ? template.status : "PENDING",
          ...(given !== undefined && { components: expanded(given, category) }),
          extra: {
            ...template.extra,
            ...(body["message_send_ttl_seconds"] !== undefined && { message_send_ttl_seconds: body["message_send_ttl_seconds"] }),
            ...(body["optimization_spec"] !== undefined && { optimization_spec: body["optimization_spec"] }),
          },
        },
        editedAtMs: onlyPrice || template.status !== "APPROVED" ? kept.editedAtMs : [...kept.editedAtMs, clock.nowMs()],
      });
      if (!onlyPrice) review(id);
      return { answer: { success: true } };
    },
    remove(wabaId, what) {
      const [name, one, many] = [textOf(what["name"]), textOf(what["hsm_id"]), listIn(what["hsm_ids"])];
      const own = listOf(wabaId);
      if (many !== undefined) {
        if (name !== "" || one !== "") return { problem: badValue("hsm_ids must stand alone") };
        if (many.length === 0 || many.length > 100) return { problem: badValue("hsm_ids must hold 1 to 100 ids") };
        const found = own.filter(({ id }) => many.includes(id));
        return found.length === many.length
          ? withdraw(wabaId, found)
          : { problem: badValue("One of the ids is no template of this account") };
      }
      if (name === "") return { problem: badValue("name is required") };
      const found = own.filter((template) => template.name === name && (one === "" || template.id === one));
      return found.length === 0 ? { problem: badValue(`There is no template ${name}`) } : withdraw(wabaId, found);
    },
    unpause(id) {
      const kept = templates.get(id);
      if (kept?.template.status !== "PAUSED") return { answer: { success: false, reason: "The template is not paused." } };
      const template = change(id, { status: "APPROVED" });
      if (template !== undefined) tell(kept.wabaId, statusChange(template, { event: "UNPAUSE", reason: "NONE", title: "UNPAUSE" }));
      return { answer: { success: true, reason: "" } };
    },
    archive(wabaId, ids, archived) {
      const wanted = listIn(ids) ?? [];
      if (wanted.length === 0) return { problem: badValue("hsm_ids is required") };
      const fits = (id: string): boolean => {
        const kept = templates.get(id);
        return kept?.wabaId === wabaId && (kept.template.status === "ARCHIVED") !== archived;
      };
      const done = wanted.filter(fits);
      for (const id of done) {
        const template = change(id, { status: archived ? "ARCHIVED" : "APPROVED" });
        if (template !== undefined) tell(wabaId, statusChange(template, { event: archived ? "ARCHIVED" : "UNARCHIVED", reason: "NONE" }));
      }
      const failed = wanted.filter((id) => !done.includes(id));
      return { answer: { [archived ? "archived_templates" : "unarchived_templates"]: done, failed_templates: failed } };
    },
    generate(wabaId, { name, components }) {
      const own = listOf(wabaId);
      const isGenerated = ({ extra }: MessageTemplate): boolean => extra?.["source"] === "AUTO_GENERATED";
      const taken = own.find((template) => template.name === name && !isGenerated(template));
      if (taken !== undefined) return { problem: { code: 132021, details: `The template name ${taken.name} is in use` } };
      const content = JSON.stringify(components);
      const known = own.find(
        (template) =>
          isGenerated(template) && (name === undefined ? JSON.stringify(template.components) === content : template.name === name),
      );
      if (known !== undefined) return { templateId: known.id };
      count += 1;
      const id = String(1_600_000_000_000_000 + count);
      const template: MessageTemplate = {
        ...{ id, name: name ?? `generated_${count}`, language: "en_US", category: "UTILITY", status: "PENDING" },
        ...{ parameter_format: "POSITIONAL", components, extra: { source: "AUTO_GENERATED" } },
      };
      templates.set(id, { wabaId, template, editedAtMs: [] });
      review(id);
      return { templateId: id };
    },
    change,
    tell,
    reset: () => {
      for (const timer of reviews) clearTimeout(timer);
      reviews.clear();
      seed();
    },
    stop() {
      for (const timer of reviews) clearTimeout(timer);
      reviews.clear();
    },
  };
}
