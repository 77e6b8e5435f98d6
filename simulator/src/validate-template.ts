// Owns whether a template send fits the template that exists. Knows nothing of recipients or windows.
import type { MessageTemplate } from "./default-templates.ts";
import { badValue, missingPart } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

export type FoundTemplate = { readonly template: MessageTemplate } | { readonly problem: GraphProblem };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const placeholdersOf = (text: unknown): readonly string[] => [
  ...new Set([...textOf(text).matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((found) => found[1] ?? "")),
];
const ofType = (components: readonly JsonObject[], type: string): JsonObject | undefined =>
  components.find((component) => textOf(component["type"]).toUpperCase() === type);

function countProblem(where: string, given: number, expected: number): GraphProblem | undefined {
  if (given === expected) return undefined;
  const details = `${where}: number of localizable_params (${given}) does not match the expected number of params (${expected})`;
  return { code: 132000, details };
}

function textProblem(template: Parts, part: "BODY" | "HEADER", given: JsonObject | undefined): GraphProblem | undefined {
  const defined = ofType(template.components, part);
  const text = textOf(defined?.["text"]);
  const expected = placeholdersOf(text);
  const parameters = objectsIn(given?.["parameters"]);
  const where = part.toLowerCase();
  const wrongCount = countProblem(where, parameters.length, expected.length);
  if (wrongCount !== undefined) return wrongCount;
  if (template.parameter_format === "NAMED") {
    const unnamed = expected.find((name) => !parameters.some((parameter) => parameter["parameter_name"] === name));
    if (unnamed !== undefined) return { code: 132000, details: `${where}: parameter ${unnamed} is missing` };
  }
  let hydratedLength = text.length;
  for (const parameter of parameters) {
    const type = textOf(parameter["type"]);
    if (!["text", "currency", "date_time"].includes(type))
      return { code: 132012, details: `${where}: parameter of type ${type} where text is expected` };
    if (type === "text" && textOf(parameter["text"]) === "") return missingPart(`${where}: parameter of type text is missing text value`);
    hydratedLength += textOf(parameter["text"]).length;
  }
  const limit = part === "BODY" ? 1024 : 60;
  return hydratedLength > limit ? { code: 132005, details: `${where}: hydrated text is longer than ${limit} characters` } : undefined;
}

type Parts = Pick<MessageTemplate, "components" | "parameter_format">;

function headerProblem(template: Parts, given: JsonObject | undefined): GraphProblem | undefined {
  const format = textOf(ofType(template.components, "HEADER")?.["format"]).toLowerCase().replace(/^gif$/, "video");
  if (format === "" || format === "text") return textProblem(template, "HEADER", given);
  if (format === "product") return undefined;
  const [parameter] = objectsIn(given?.["parameters"]);
  const type = textOf(parameter?.["type"]);
  if (type !== format)
    return {
      code: 132012,
      details: `header: Format mismatch, expected ${format.toUpperCase()}, received ${type === "" ? "UNKNOWN" : type.toUpperCase()}`,
    };
  const node = parameter?.[format];
  if (format === "location") return isJsonObject(node) ? undefined : missingPart("header: location is missing");
  const hasSource = isJsonObject(node) && (textOf(node["id"]) !== "") !== (textOf(node["link"]) !== "");
  return hasSource ? undefined : missingPart(`header: ${format} needs either id or link`);
}

const parameterOfButton: ReadonlyMap<string, string> = new Map([
  ["url", "text"],
  ["quick_reply", "payload"],
  ["copy_code", "coupon_code"],
  ["flow", "action"],
]);

function buttonsProblem(template: Parts, given: readonly JsonObject[]): GraphProblem | undefined {
  const defined = objectsIn(ofType(template.components, "BUTTONS")?.["buttons"]);
  for (const button of given) {
    const index = Number(button["index"]);
    const subType = textOf(button["sub_type"]).toLowerCase();
    const target = defined[index];
    if (target === undefined || textOf(target["type"]).toLowerCase() !== subType) {
      return { code: 132012, details: `buttons: there is no button of type ${subType} at index ${String(button["index"])}` };
    }
    const [parameter] = objectsIn(button["parameters"]);
    const expected = parameterOfButton.get(subType);
    if (expected !== undefined && parameter !== undefined && parameter["type"] !== expected) {
      return { code: 132012, details: `buttons: button at index ${index} takes a parameter of type ${expected}` };
    }
    const { payload, coupon_code: coupon } = parameter ?? {};
    if (expected === "payload" && textOf(payload).length > 256)
      return badValue(`buttons: payload at index ${index} is longer than 256 characters`);
    if (expected === "coupon_code" && (textOf(coupon) === "" || textOf(coupon).length > 15))
      return badValue(`buttons: coupon_code at index ${index} must have 1 to 15 characters`);
    if (expected === "text" && placeholdersOf(target["url"]).length === 0)
      return { code: 132000, details: `buttons: the address of the button at index ${index} takes no parameter` };
    if (expected === "text" && textOf(parameter?.["text"]) === "")
      return missingPart(`buttons: Button at index ${index} of type Url requires a parameter`);
  }
  const unfilled = defined.findIndex(
    (button, index) =>
      (placeholdersOf(button["url"]).length > 0 || textOf(button["type"]).toUpperCase() === "COPY_CODE") &&
      !given.some((component) => Number(component["index"]) === index),
  );
  return unfilled === -1 ? undefined : missingPart(`buttons: Button at index ${unfilled} of type Url requires a parameter`);
}

/** The template that a body names, if it exists and may be sent. */
export function findTemplate(templates: readonly MessageTemplate[], node: JsonObject): FoundTemplate {
  const name = textOf(node["name"]);
  const language = isJsonObject(node["language"]) ? textOf(node["language"]["code"]) : "";
  if (name === "") return { problem: missingPart("template['name'] is required") };
  if (language === "") return { problem: missingPart("template['language']['code'] is required") };
  const template = templates.find((candidate) => candidate.name === name && candidate.language === language);
  if (template === undefined) return { problem: { code: 132001, details: `template name (${name}) does not exist in ${language}` } };
  if (!["APPROVED", "PAUSED", "DISABLED"].includes(template.status))
    return { problem: { code: 132001, details: `template name (${name}) is not approved in ${language}` } };
  if (template.status === "PAUSED") return { problem: { code: 132015, details: `template (${name}) is paused` } };
  if (template.status === "DISABLED") return { problem: { code: 132016, details: `template (${name}) is disabled` } };
  return { template };
}

function partsProblem(template: Parts, given: readonly JsonObject[]): GraphProblem | undefined {
  const buttons = given.filter((component) => textOf(component["type"]).toUpperCase() === "BUTTON");
  return (
    headerProblem(template, ofType(given, "HEADER")) ??
    textProblem(template, "BODY", ofType(given, "BODY")) ??
    buttonsProblem(template, buttons)
  );
}

function carouselProblem(template: MessageTemplate, given: readonly JsonObject[]): GraphProblem | undefined {
  const defined = objectsIn(ofType(template.components, "CAROUSEL")?.["cards"]);
  const cards = objectsIn(ofType(given, "CAROUSEL")?.["cards"]);
  if (defined.length !== cards.length)
    return { code: 132012, details: `carousel: ${cards.length} cards where the template has ${defined.length}` };
  for (const [index, card] of defined.entries()) {
    const own = cards.find((one) => Number(one["card_index"]) === index);
    if (own === undefined) return { code: 132012, details: `carousel: the card with card_index ${index} is missing` };
    const parts = { components: objectsIn(card["components"]), parameter_format: template.parameter_format };
    const problem = partsProblem(parts, objectsIn(own["components"]));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function offerProblem(template: MessageTemplate, given: readonly JsonObject[]): GraphProblem | undefined {
  const offer = ofType(template.components, "LIMITED_TIME_OFFER")?.["limited_time_offer"];
  if (!isJsonObject(offer) || offer["has_expiration"] !== true) return undefined;
  const [parameter] = objectsIn(ofType(given, "LIMITED_TIME_OFFER")?.["parameters"]);
  const end = isJsonObject(parameter?.["limited_time_offer"]) ? parameter["limited_time_offer"]["expiration_time_ms"] : undefined;
  return typeof end === "number" ? undefined : missingPart("limited_time_offer: expiration_time_ms is missing");
}

/** What is wrong with the parameters for this template. */
export function templateProblem(template: MessageTemplate, node: JsonObject): GraphProblem | undefined {
  if (node["components"] !== undefined && !Array.isArray(node["components"])) return badValue("template['components'] must be an array");
  const given = objectsIn(node["components"]);
  return partsProblem(template, given) ?? carouselProblem(template, given) ?? offerProblem(template, given);
}
