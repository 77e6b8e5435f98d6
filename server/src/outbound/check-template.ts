// Owns: whether a template message fits the local copy of its template, and what the customer will read of it. Refuses to know: windows, opt-outs, how it is sent.
import type { FaultCode, FieldError } from "../kernel/faults.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { fillMessageTemplate } from "../whatsapp/fill-message-template.ts";
import { readableText } from "../whatsapp/readable-text.ts";
import { readTemplateDefinition } from "../whatsapp/template-definition.ts";
import type { OutboundType } from "../whatsapp/validate-content.ts";

/** What is known of the template that a message names, as the statement that locks the conversation reads it. */
export interface KnownTemplate {
  /** `{components, format, category}`; null: its content is not known. */
  readonly template: JsonObject | null;
  readonly template_obstacle: string | null;
  readonly template_reason: string | null;
  readonly paused_until: Date | null;
  /** The copy was read lately, and no report since says that it changed. */
  readonly is_copy_fresh: boolean;
  /** The account's templates were read lately, and this one is not among them. */
  readonly is_template_missing: boolean;
}

export interface TemplateRefusal {
  readonly outcome: "template_refused";
  readonly code: FaultCode;
  /** For people: what is wrong, what was kept. */
  readonly sentence: string;
  /** Each parameter that does not fit. */
  readonly problems: readonly FieldError[];
}

type Message = { readonly type: string; readonly content: JsonObject };

/** The text of the template with the parameters of this message; of what is not known, and of every other message, what can be read of it. */
export function readTextOf(known: KnownTemplate, { type, content }: Message): string | null {
  const definition = type === "template" ? definitionOf(known) : undefined;
  if (definition === undefined) return readableText(type as OutboundType, content);
  return fillMessageTemplate(definition, readObject(content, "template") ?? {}).text ?? readableText("template", content);
}

/** What its parameters are, which no time changes. Undefined: they fit, or the copy is not there or too old to say. */
export function refuseParameters(known: KnownTemplate, { type, content }: Message): TemplateRefusal | undefined {
  if (type !== "template") return undefined;
  const node = readObject(content, "template");
  const name = `The template "${readString(node, "name") ?? ""}" (${readString(readObject(node, "language"), "code") ?? ""})`;
  if (known.is_template_missing) {
    const sentence = `${name} is not among the templates of this account. Nothing was stored. Check name and language; if it is new, read the templates anew (POST /api/v1/templates/sync) and send it again.`;
    return { outcome: "template_refused", code: "template_unknown", sentence, problems: [] };
  }
  const definition = known.is_copy_fresh ? definitionOf(known) : undefined;
  const { problems } = definition === undefined ? { problems: [] } : fillMessageTemplate(definition, node ?? {});
  const [first] = problems;
  if (first === undefined) return undefined;
  const others = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  return {
    ...{ outcome: "template_refused", code: "template_parameters", problems },
    sentence: `${name} is not filled in as it should be: ${first.message}${others} Nothing was stored.`,
  };
}

const OBSTACLES: Readonly<Record<string, string>> = {
  template_paused: "is paused by WhatsApp",
  template_disabled: "is disabled by WhatsApp for good",
  template_rejected: "was rejected by WhatsApp",
  template_deleted: "was deleted",
  category_stopped: "is of a category that WhatsApp refuses this account",
  template_archived: "is archived, and has to be taken out of the archive first",
};

/** What forbids it now. */
export function refuseObstacle(known: KnownTemplate): TemplateRefusal | undefined {
  const { template_obstacle: obstacle, template_reason: reason, paused_until: until } = known;
  if (obstacle === null) return undefined;
  const end = until === null ? "" : ` until ${until.toISOString()}`;
  const why = reason === null ? "" : ` (${reason})`;
  const sentence = `This template ${OBSTACLES[obstacle] ?? "cannot be sent"}${end}${why}. Nothing was stored; use another template.`;
  return { outcome: "template_refused", code: obstacle as FaultCode, sentence, problems: [] };
}

function definitionOf({ template }: KnownTemplate): ReturnType<typeof readTemplateDefinition> | undefined {
  if (template === null) return undefined;
  return readTemplateDefinition({
    components: (readArray(template, "components") ?? []).filter(isObject),
    parameterFormat: readString(template, "format") ?? null,
    category: readString(template, "category") ?? null,
  });
}
