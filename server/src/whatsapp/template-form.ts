// Owns: whether WhatsApp would take a new or changed template for its form, every problem said with its place and its limit (Meta: "Templates", limits of components).
// Refuses to know: accounts, what templates there are, examples' files.
import type { JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { checkFormButtons } from "./template-form-buttons.ts";
import { textPartOf, typeOf, type ParameterFormat } from "./template-definition.ts";
import type { FormPlace } from "./template-form-place.ts";

/** A form as the API takes it; its components are WhatsApp's own. */
export interface TemplateForm {
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly parameterFormat: ParameterFormat;
  /** Undefined: of WhatsApp's library, which has its own. */
  readonly components: readonly JsonObject[] | undefined;
}

export interface FormProblem {
  readonly path: string;
  readonly message: string;
}

export const TEMPLATE_CATEGORIES = ["UTILITY", "MARKETING", "AUTHENTICATION"] as const;
const NAME = /^[a-z0-9_]{1,512}$/;
const LANGUAGE = /^[a-z]{2,3}(_[A-Z]{2,3})?$/;
const HEADER_MAX = 60;
const BODY_MAX = 1_024;
const FOOTER_MAX = 60;
const OFFER_MAX = 16;
const CARDS_MAX = 10;
const FORMATS = ["TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"];
const FILES = ["IMAGE", "VIDEO", "GIF", "DOCUMENT"];
const TYPES = ["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"];
const OTP_TYPES = ["COPY_CODE", "ONE_TAP", "ZERO_TAP"];
const CODE_MINUTES = 90;

/** Never throws. No problems: WhatsApp's reviewers decide the rest. */
export function checkTemplateForm({ name, language, category, parameterFormat, components }: TemplateForm): readonly FormProblem[] {
  const problems: FormProblem[] = [];
  const report: FormPlace["report"] = (path, message) => problems.push({ path, message });
  if (!NAME.test(name)) report("name", "The name must have 1 to 512 characters: small letters, digits and _ only.");
  if (!LANGUAGE.test(language)) report("language", "The language must be a code such as en or pt_BR.");
  if (!TEMPLATE_CATEGORIES.some((known) => known === category))
    report("category", `The category must be one of: ${TEMPLATE_CATEGORIES.join(", ")}.`);
  if (components !== undefined) checkTemplateComponents(components, { category, format: parameterFormat, path: "components", report });
  return problems;
}

export function checkTemplateComponents(components: readonly JsonObject[], place: FormPlace): void {
  if (place.category === "AUTHENTICATION") checkAuthentication(components, place);
  else {
    if (!components.some((component) => typeOf(component) === "BODY"))
      place.report(place.path, "The template needs a component of the type BODY.");
    checkParts(components, place);
  }
}

const at = (place: FormPlace, step: string): FormPlace => ({ ...place, path: `${place.path}${step}` });

function checkParts(components: readonly JsonObject[], place: FormPlace): void {
  const types = components.map(typeOf);
  for (const [index, component] of components.entries()) {
    const here = at(place, `[${index}]`);
    const type = types[index] ?? "";
    if (!TYPES.includes(type)) place.report(here.path, `The type must be one of: ${TYPES.join(", ")}.`);
    else if (types.indexOf(type) !== index) place.report(here.path, `There may be one component of the type ${type}.`);
    else checkPart(component, type, here);
  }
  if (types.includes("LIMITED_TIME_OFFER") && types.includes("FOOTER"))
    place.report(place.path, "A limited-time offer has no FOOTER beside it.");
}

function checkPart(component: JsonObject, type: string, place: FormPlace): void {
  PARTS.get(type)?.(component, place);
}

const PARTS: ReadonlyMap<string, (component: JsonObject, place: FormPlace) => void> = new Map([
  ["HEADER", checkHeader],
  ["BODY", checkBody],
  ["FOOTER", checkFooter],
  ["BUTTONS", checkFormButtons],
  ["CAROUSEL", checkCarousel],
  ["LIMITED_TIME_OFFER", checkOffer],
]);

function checkOffer(component: JsonObject, place: FormPlace): void {
  const text = readString(readObject(component, "limited_time_offer"), "text");
  checkLength(text, { what: "The text of the offer", max: OFFER_MAX }, place);
}

function checkLength(
  text: string | undefined,
  { what, max }: { readonly what: string; readonly max: number },
  { path, report }: FormPlace,
): void {
  const length = text?.length ?? 0;
  if (length === 0) report(path, `${what} must not be empty.`);
  if (length > max) report(path, `${what} has ${length} characters; WhatsApp takes ${max} at most.`);
}

function checkHeader(header: JsonObject, place: FormPlace): void {
  const format = (readString(header, "format") ?? "").toUpperCase();
  const example = readObject(header, "example");
  if (!FORMATS.includes(format)) place.report(place.path, `The format of the header must be one of: ${FORMATS.join(", ")}.`);
  if (FILES.includes(format) && typeof readArray(example, "header_handle")?.[0] !== "string")
    place.report(
      place.path,
      "The header needs an example: example.header_handle, the id of a file that was uploaded to POST /api/v1/media, or a handle of Meta's Resumable Upload.",
    );
  if (format !== "TEXT") return;
  const text = readString(header, "text") ?? "";
  checkLength(text, { what: "The header", max: HEADER_MAX }, place);
  if (textPartOf(text).variables.length > 1) place.report(place.path, "The header may have one variable.");
  checkVariables(text, { what: "header", example }, place);
}

/** Words that a body needs for each of its variables, so that it says something without them. */
const WORDS_PER_VARIABLE = 2;

function checkBody(body: JsonObject, place: FormPlace): void {
  const text = readString(body, "text") ?? "";
  checkLength(text, { what: "The body", max: BODY_MAX }, place);
  if (/^\s*\{\{[^{}]*\}\}|\{\{[^{}]*\}\}\s*$/.test(text)) place.report(place.path, "The body must not begin or end with a variable.");
  if (/\}\}\s*\{\{/.test(text)) place.report(place.path, "Two variables of the body touch: put text between them.");
  const words = text
    .replaceAll(/\{\{[^{}]*\}\}/g, " ")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  const { variables } = textPartOf(text);
  if (variables.length > 0 && words.length < variables.length * WORDS_PER_VARIABLE)
    place.report(
      place.path,
      `The body has ${variables.length} variables for ${words.length} words: that is too many. Say more, or ask for less.`,
    );
  checkVariables(text, { what: "body", example: readObject(body, "example") }, place);
}

function checkFooter(footer: JsonObject, place: FormPlace): void {
  const text = readString(footer, "text") ?? "";
  checkLength(text, { what: "The footer", max: FOOTER_MAX }, place);
  if (text.includes("{{")) place.report(place.path, "The footer has no variables.");
}

interface TextExample {
  readonly what: "header" | "body";
  readonly example: JsonObject | undefined;
}

function checkVariables(text: string, { what, example }: TextExample, { path, format, report }: FormPlace): void {
  const { variables } = textPartOf(text);
  const written = [...text.matchAll(/\{\{([^{}]*)\}\}/g)].map((found) => (found[1] ?? "").trim());
  const odd = written.find((name) => (format === "NAMED" ? !/^[a-z][a-z0-9_]*$/.test(name) : !/^\d+$/.test(name)));
  if (odd !== undefined) {
    const rule = format === "NAMED" ? "small letters, digits and _ (NAMED)" : "numbers (POSITIONAL)";
    report(path, `{{${odd}}} of the ${what} is no variable of this template: they have ${rule}.`);
    return;
  }
  if (format === "POSITIONAL" && variables.some((name, index) => name !== String(index + 1)))
    report(path, `The variables of the ${what} must be {{1}}, {{2}} and so on, in this order.`);
  if (variables.length > 0 && !hasExamples(variables, { what, example, format }))
    report(path, `The ${what} needs an example of each of its ${variables.length} variables: ${exampleOf(what, format)}.`);
}

const exampleOf = (what: string, format: ParameterFormat): string =>
  format === "NAMED" ? `example.${what}_text_named_params` : `example.${what}_text`;

function hasExamples(variables: readonly string[], { what, example, format }: TextExample & { readonly format: ParameterFormat }): boolean {
  if (format === "NAMED") {
    const given = (readArray(example, `${what}_text_named_params`) ?? []).filter(isObject);
    return variables.every((name) => given.some((one) => one["param_name"] === name && readString(one, "example") !== undefined));
  }
  const list = readArray(example, `${what}_text`);
  const [first] = list ?? [];
  const values = what === "body" ? first : list;
  return isArray(values) && values.length === variables.length && values.every((value) => typeof value === "string" && value !== "");
}

function checkCarousel(carousel: JsonObject, place: FormPlace): void {
  const cards = (readArray(carousel, "cards") ?? []).filter(isObject).map((card) => (readArray(card, "components") ?? []).filter(isObject));
  if (cards.length === 0 || cards.length > CARDS_MAX)
    place.report(place.path, `The carousel must have 1 to ${CARDS_MAX} cards; it has ${cards.length}.`);
  const shapes = new Set(cards.map((card) => JSON.stringify(card.map(shapeOf))));
  if (shapes.size > 1) place.report(place.path, "All cards must be alike: the same components, kinds of files and buttons.");
  for (const [index, card] of cards.slice(0, CARDS_MAX).entries()) checkParts(card, at(place, `.cards[${index}]`));
}

function shapeOf(component: JsonObject): readonly unknown[] {
  return [typeOf(component), readString(component, "format") ?? "", (readArray(component, "buttons") ?? []).filter(isObject).map(typeOf)];
}

/** The platform writes the text itself. */
function checkAuthentication(components: readonly JsonObject[], place: FormPlace): void {
  const { path, report } = place;
  const of = (type: string): JsonObject | undefined => components.find((component) => typeOf(component) === type);
  const strange = components.find((component) => !["BODY", "FOOTER", "BUTTONS"].includes(typeOf(component)));
  if (strange !== undefined) report(path, `An authentication template has no component of the type ${typeOf(strange)}.`);
  const [body, footer, buttons] = [of("BODY"), of("FOOTER"), of("BUTTONS")];
  if (body === undefined) report(path, "The template needs a component of the type BODY.");
  if (body?.["text"] !== undefined) report(path, "WhatsApp writes the body of an authentication template itself: it has no text of yours.");
  const minutes = footer?.["code_expiration_minutes"];
  const isTime = typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 1 && minutes <= CODE_MINUTES;
  if (footer !== undefined && !isTime)
    report(path, `code_expiration_minutes of the footer must be a whole number from 1 to ${CODE_MINUTES}.`);
  const list = (readArray(buttons, "buttons") ?? []).filter(isObject);
  const [button] = list;
  const isOtp = list.length === 1 && button !== undefined && typeOf(button) === "OTP";
  if (!isOtp || !OTP_TYPES.includes((readString(button, "otp_type") ?? "").toUpperCase()))
    report(path, `An authentication template has one button, of the type OTP, whose otp_type is one of: ${OTP_TYPES.join(", ")}.`);
}
