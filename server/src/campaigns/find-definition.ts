// Owns: what is known of a campaign's template on its number.
import type { Queryable, Row } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { fillMessageTemplate } from "../whatsapp/fill-message-template.ts";
import { readTemplateDefinition, type TemplateDefinition } from "../whatsapp/template-definition.ts";
import { validateOutboundContent } from "../whatsapp/validate-content.ts";
import { findTemplateOfChannel } from "./campaigns.queries.ts";

export interface CampaignTemplate {
  readonly row: Row<typeof findTemplateOfChannel>;
  /** Undefined: its content is not known. */
  readonly definition: TemplateDefinition | undefined;
}

/** `template`: of a message. Undefined: there is no such number. */
export async function findDefinition(db: Queryable, channelId: string, template: JsonObject): Promise<CampaignTemplate | undefined> {
  const name = readString(template, "name") ?? "";
  const language = readString(readObject(template, "language"), "code") ?? "";
  const [row] = await db.run(findTemplateOfChannel, { channelId, name, language });
  if (row === undefined) return undefined;
  const { copy } = row;
  const definition =
    copy === null
      ? undefined
      : readTemplateDefinition({
          components: (readArray(copy, "components") ?? []).filter(isObject),
          parameterFormat: readString(copy, "format") ?? null,
          category: readString(copy, "category") ?? null,
        });
  return { row, definition };
}

/** What the customer reads of the message; null: nothing, or nothing that is known. */
export function textOf(definition: TemplateDefinition | undefined, content: JsonObject): string | null {
  return definition === undefined ? null : fillMessageTemplate(definition, readObject(content, "template") ?? {}).text;
}

/** A sentence: why the message with what a row fills in is none that WhatsApp takes. */
export function problemOfContent(definition: TemplateDefinition | undefined, content: JsonObject): string | undefined {
  const form = validateOutboundContent(content);
  if (!form.ok) return form.reason;
  const [problem] = definition === undefined ? [] : fillMessageTemplate(definition, readObject(content, "template") ?? {}).problems;
  return problem?.message;
}
