// Owns: the form of a template as the API and the command line take it, and what of it WhatsApp calls otherwise. Refuses to know: its limits.
import { z } from "zod";
import { Fault } from "../kernel/faults.ts";
import type { JsonObject } from "../kernel/json.ts";
import { jsonObject } from "../kernel/shapes.ts";
import type { NewTemplate, TemplateChange } from "./manage-templates.ts";

export const templateComponents = z.array(jsonObject).max(32);
const category = z.enum(["UTILITY", "MARKETING", "AUTHENTICATION"]);
const ttl = z.number().int().min(30).max(2_592_000).describe("How long WhatsApp tries to deliver, in seconds.");
const shared = {
  messageSendTtlSeconds: ttl.optional(),
  optimizationSpec: jsonObject.optional().describe("A max price, as WhatsApp's optimization_spec."),
};

export const createTemplateBody = z
  .object({
    accountId: z.string().min(1).max(64).optional().describe("Needed when the business has several WhatsApp Business Accounts."),
    name: z.string().max(512).describe("Small letters, digits and _."),
    language: z.string().max(16).describe("Such as pt_BR."),
    category,
    parameterFormat: z.enum(["POSITIONAL", "NAMED"]).default("POSITIONAL"),
    components: templateComponents
      .optional()
      .describe(
        "WhatsApp's own shape, with its examples; where it wants the handle of a file, the id of one from POST /api/v1/media does. Left out for one of the library.",
      ),
    allowCategoryChange: z.boolean().optional().describe("WhatsApp may file it under another category instead of rejecting it."),
    libraryTemplateName: z.string().min(1).max(512).optional().describe("Of WhatsApp's library."),
    libraryTemplateButtonInputs: templateComponents.optional(),
    ...shared,
  })
  .meta({ id: "NewTemplate" });
type CreateTemplateBody = z.output<typeof createTemplateBody>;

export const editTemplateBody = z
  .object({ components: templateComponents.optional(), category: category.optional(), ...shared })
  .meta({ id: "TemplateChange" });

export function newTemplateOf(body: CreateTemplateBody): NewTemplate {
  const { accountId, name, language, category: filed, parameterFormat, components: parts, ...rest } = body;
  const { libraryTemplateName: library, libraryTemplateButtonInputs: inputs, allowCategoryChange: mayChange, ...more } = rest;
  if ((parts === undefined) === (library === undefined))
    throw new Fault("bad_request", "A template has either components of its own or libraryTemplateName. Nothing was made.");
  return {
    ...{ accountId, name, language, category: filed, parameterFormat, components: parts },
    more: {
      ...sharedOf(more),
      ...(library === undefined ? {} : { library_template_name: library }),
      ...(inputs === undefined ? {} : { library_template_button_inputs: inputs }),
      ...(mayChange === undefined ? {} : { allow_category_change: mayChange }),
    },
  };
}

function sharedOf({
  messageSendTtlSeconds: seconds,
  optimizationSpec: spec,
}: Pick<CreateTemplateBody, "messageSendTtlSeconds" | "optimizationSpec">): JsonObject {
  return {
    ...(seconds === undefined ? {} : { message_send_ttl_seconds: seconds }),
    ...(spec === undefined ? {} : { optimization_spec: spec }),
  };
}

export function templateChangeOf({ components, category: filed, ...more }: z.output<typeof editTemplateBody>): TemplateChange {
  if (components === undefined && filed === undefined && Object.keys(more).length === 0)
    throw new Fault("bad_request", "Say what is to be changed: components, category, messageSendTtlSeconds or optimizationSpec.");
  return { components, category: filed, more: sharedOf(more) };
}
