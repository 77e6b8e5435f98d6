// Owns: what a template is made of, read from the components that WhatsApp lists (Meta: "Template components"). Refuses to know: what somebody fills in.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";

export type ParameterFormat = "POSITIONAL" | "NAMED";

/** A text with its variables, in the order in which they first stand in it. */
export interface TextPart {
  readonly text: string;
  readonly variables: readonly string[];
}

export interface HeaderPart {
  /** text, image, video, gif, document, location, product, or a word of next year. */
  readonly format: string;
  readonly text: TextPart;
}

export interface ButtonPart {
  /** url, quick_reply, phone_number, copy_code, otp, flow, catalog, mpm, spm, voice_call …: lower case. */
  readonly type: string;
  readonly label: string;
  /** Of a link; its variable is the last part of it. */
  readonly url: TextPart | undefined;
  readonly phone: string | undefined;
}

/** What a template and each of its cards consist of. */
export interface TemplateParts {
  readonly header: HeaderPart | undefined;
  readonly body: TextPart | undefined;
  readonly footer: string | undefined;
  readonly buttons: readonly ButtonPart[];
}

export interface TemplateDefinition extends TemplateParts {
  readonly format: ParameterFormat;
  readonly isAuthentication: boolean;
  readonly cards: readonly TemplateParts[];
  readonly offer: { readonly text: string; readonly expires: boolean } | undefined;
}

export const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

export function textPartOf(text: string): TextPart {
  return { text, variables: [...new Set([...text.matchAll(VARIABLE)].map((found) => found[1] ?? ""))] };
}

export interface TemplateCopy {
  readonly components: readonly JsonObject[];
  readonly parameterFormat: string | null;
  readonly category: string | null;
}

/** Never throws: what cannot be read is not there. */
export function readTemplateDefinition({ components, parameterFormat, category }: TemplateCopy): TemplateDefinition {
  const offer = readObject(ofType(components, "LIMITED_TIME_OFFER"), "limited_time_offer");
  const cards = (readArray(ofType(components, "CAROUSEL"), "cards") ?? []).filter(isObject);
  return {
    ...readParts(components),
    format: parameterFormat?.toUpperCase() === "NAMED" ? "NAMED" : "POSITIONAL",
    isAuthentication: category?.toUpperCase() === "AUTHENTICATION",
    cards: cards.map((card) => readParts((readArray(card, "components") ?? []).filter(isObject))),
    offer: offer === undefined ? undefined : { text: readString(offer, "text") ?? "", expires: offer["has_expiration"] === true },
  };
}

export function typeOf(component: JsonObject): string {
  return (readString(component, "type") ?? "").toUpperCase();
}

function ofType(components: readonly JsonObject[], type: string): JsonObject | undefined {
  return components.find((component) => typeOf(component) === type);
}

function readParts(components: readonly JsonObject[]): TemplateParts {
  const [header, body, footer, buttons] = ["HEADER", "BODY", "FOOTER", "BUTTONS"].map((type) => ofType(components, type));
  return {
    header:
      header === undefined
        ? undefined
        : { format: (readString(header, "format") ?? "TEXT").toLowerCase(), text: textPartOf(readString(header, "text") ?? "") },
    body: body === undefined ? undefined : textPartOf(readString(body, "text") ?? ""),
    footer: readString(footer, "text"),
    buttons: (readArray(buttons, "buttons") ?? []).filter(isObject).map(buttonOf),
  };
}

function buttonOf(button: JsonObject): ButtonPart {
  const url = readString(button, "url");
  return {
    type: typeOf(button).toLowerCase(),
    label: readString(button, "text") ?? "",
    url: url === undefined ? undefined : textPartOf(url),
    phone: readString(button, "phone_number"),
  };
}
