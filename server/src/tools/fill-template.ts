// Owns: putting values into texts that a business wrote: {argument}, {{secret:name}}, {{context:name}}. Each text is read once, so that a value
// which looks like a placeholder stays what it is. Refuses to know: where secrets are kept and what the text is for.
import type { Json } from "../kernel/json.ts";

export type Placeholder =
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "context"; readonly name: ContextName };

/** What the server knows of the call; no model can choose it. */
export const CONTEXT_NAMES = ["business_id", "conversation_id", "tool_call_id", "customer_phone", "lead_id"] as const;
export type ContextName = (typeof CONTEXT_NAMES)[number];

const TOKEN = /\{\{\s*(secret|context)\s*:\s*([a-z][a-z0-9_]{0,63})\s*\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/g;

function placeholderOf([, source, name = "", argument]: RegExpExecArray | RegExpMatchArray): Placeholder | undefined {
  if (argument !== undefined) return { kind: "argument", name: argument };
  if (source === "secret") return { kind: "secret", name };
  const known = CONTEXT_NAMES.find((candidate) => candidate === name);
  return known === undefined ? undefined : { kind: "context", name: known };
}

export function placeholdersOf(template: string): readonly Placeholder[] {
  return [...template.matchAll(TOKEN)].flatMap((match) => placeholderOf(match) ?? []);
}

/** What looks like a placeholder and is none: a name with a typing error would otherwise be sent as it is. */
export function strayBraces(template: string): string | undefined {
  const rest = template.replaceAll(TOKEN, (...match) => (placeholderOf(match) === undefined ? "{" : ""));
  return /[{}]/.test(rest) ? template : undefined;
}

/** All texts of a template of JSON, at whatever depth. */
export function textsIn(template: unknown): readonly string[] {
  if (typeof template === "string") return [template];
  return typeof template === "object" && template !== null ? Object.values(template).flatMap(textsIn) : [];
}

/** The whole template is one argument: its value may keep its type. */
export function soleArgument(template: string): string | undefined {
  return /^\{([A-Za-z_][A-Za-z0-9_]{0,63})\}$/.exec(template)?.[1];
}

export type ValueOf = (placeholder: Placeholder) => string;

export function fillTemplate(template: string, valueOf: ValueOf): string {
  return template.replaceAll(TOKEN, (...match) => {
    const placeholder = placeholderOf(match);
    return placeholder === undefined ? match[0] : valueOf(placeholder);
  });
}

/** How a value is written into a text; objects and lists cannot be. */
export function scalarText(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
