// Owns: what a message of a template would say with these parameters, and everything that does not fit; nothing is sent. Refuses to know: to whom.
import { z } from "zod";
import type { JsonObject } from "../kernel/json.ts";
import { jsonObject } from "../kernel/shapes.ts";
import { fillMessageTemplate } from "../whatsapp/fill-message-template.ts";
import { readTemplateDefinition } from "../whatsapp/template-definition.ts";
import { validateOutboundContent } from "../whatsapp/validate-content.ts";
import type { TemplateView } from "./template-view.ts";

export const templatePreviewSchema = z
  .object({
    text: z.string().nullable().describe("What the customer would read; a variable that nothing was given for stays as it is."),
    problems: z
      .array(z.object({ path: z.string().describe("The component and the parameter, such as body.2."), message: z.string() }))
      .readonly()
      .describe("Everything that does not fit; none: it can be sent, unless `obstacle` says why not."),
    obstacle: z.string().nullable().describe("As of the template."),
    content: jsonObject.describe("The message to send, as POST /conversations/{id}/messages takes it."),
  })
  .meta({ id: "TemplatePreview" });
export type TemplatePreview = Readonly<z.output<typeof templatePreviewSchema>>;

/** `parameters`: the `components` of a template message. Null: the template has not been read yet. */
export function previewTemplate(template: TemplateView, parameters: readonly JsonObject[]): TemplatePreview | null {
  if (template.components === null) return null;
  const node: JsonObject = {
    ...{ name: template.name, language: { code: template.language } },
    ...(parameters.length === 0 ? {} : { components: parameters }),
  };
  const content = { type: "template", template: node };
  const checked = validateOutboundContent(content);
  const filled = fillMessageTemplate(readTemplateDefinition({ ...template, components: template.components }), node);
  const problems = checked.ok ? filled.problems : [{ path: "components", message: checked.reason }, ...filled.problems];
  return { text: filled.text, problems, obstacle: template.obstacle, content };
}
