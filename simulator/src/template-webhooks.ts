// Owns the shapes of the webhooks about templates. Knows nothing of when they are sent.
import type { MessageTemplate } from "./default-templates.ts";
import type { JsonObject } from "./json-object.ts";

export interface TemplateChange {
  readonly field: string;
  readonly value: JsonObject;
}

const named = ({ id, name, language }: MessageTemplate): JsonObject => ({
  message_template_id: Number(id),
  message_template_name: name,
  message_template_language: language,
});

export interface StatusNews {
  readonly event: string;
  readonly reason: string | null;
  /** FIRST_PAUSE, SECOND_PAUSE … */
  readonly title?: string | undefined;
  readonly rejection?: JsonObject | undefined;
}

export const statusChange = (template: MessageTemplate, { event, reason, title, rejection }: StatusNews): TemplateChange => ({
  field: "message_template_status_update",
  value: {
    event,
    ...named(template),
    reason,
    message_template_category: template.category,
    ...(title !== undefined && { other_info: { title, description: "Low quality" } }),
    ...(rejection !== undefined && { rejection_info: rejection }),
  },
});

export const qualityChange = (template: MessageTemplate, previous: string, next: string): TemplateChange => ({
  field: "message_template_quality_update",
  value: { previous_quality_score: previous, new_quality_score: next, ...named(template) },
});

export const categoryChange = (template: MessageTemplate, previous: string): TemplateChange => ({
  field: "template_category_update",
  value: { ...named(template), previous_category: previous, new_category: template.category },
});

/** A day before it happens; the category is still the present one. */
export const categoryWarning = (template: MessageTemplate, correct: string, atSeconds: number): TemplateChange => ({
  field: "template_category_update",
  value: { ...named(template), new_category: template.category, correct_category: correct, category_update_timestamp: atSeconds },
});

export const componentsChange = (template: MessageTemplate): TemplateChange => {
  const body = template.components.find(({ type }) => type === "BODY");
  return {
    field: "message_template_components_update",
    value: { ...named(template), message_template_element: body?.["text"] ?? "" },
  };
};
