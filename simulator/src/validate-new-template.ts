// Owns whether a template may be created or edited with this form (Meta: "Templates", with the codes of its list). Knows nothing of accounts and what is there.
import { badValue, missingParameter } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { isHandle } from "./upload-routes.ts";

type Problem = GraphProblem | undefined;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const typeOf = (node: JsonObject): string => textOf(node["type"]).toUpperCase();
const refused = (code: number, details: string): GraphProblem => ({ code, details });
const firstOf = (...checks: readonly (() => Problem)[]): Problem => {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const FORM = { header: 2388047, body: 2388072, footer: 2388073, tooLong: 2388040, tooMany: 2388293, edge: 2388299 };
const formats = ["TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"];
const componentTypes = ["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"];

export const variablesOf = (text: unknown): readonly string[] => [
  ...new Set([...textOf(text).matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((found) => found[1] ?? "")),
];

function variablesProblem(where: string, text: string, format: string): Problem {
  const names = variablesOf(text);
  const wrong =
    format === "NAMED" ? names.find((name) => !/^[a-z][a-z0-9_]*$/.test(name)) : names.find((name, index) => name !== String(index + 1));
  if (wrong !== undefined) return badValue(`${where}: the variable {{${wrong}}} does not fit the parameter format ${format}`);
  return undefined;
}

/** How many words each variable needs around it. */
const wordsPerVariable = 2;

function bodyTextProblem(text: string, format: string): Problem {
  const count = variablesOf(text).length;
  if (text.length > 1024) return refused(FORM.tooLong, "BODY text is longer than 1024 characters");
  if (/^\s*\{\{[^{}]*\}\}|\{\{[^{}]*\}\}\s*$/.test(text))
    return refused(FORM.edge, "Variables can't be at the start or end of the template");
  const words = text.split(/\s+/).filter((word) => /[^\s{}\d]/.test(word.replace(/\{\{[^{}]*\}\}/g, ""))).length;
  if (count > 0 && words < count * wordsPerVariable) return refused(FORM.tooMany, "This template has too many variables for its length");
  return variablesProblem("BODY", text, format);
}

function exampleProblem(where: string, node: JsonObject, format: string): Problem {
  const names = variablesOf(node["text"]);
  if (names.length === 0) return undefined;
  const example = isJsonObject(node["example"]) ? node["example"] : {};
  const part = where.toLowerCase();
  const missing = badValue(`${where} has variables and needs an example of each`);
  if (format === "NAMED") {
    const given = objectsIn(example[`${part}_text_named_params`]).map((one) => one["param_name"]);
    return names.every((name) => given.includes(name)) ? undefined : missing;
  }
  const list = example[`${part}_text`];
  const values: unknown = part === "body" && Array.isArray(list) ? list[0] : list;
  return Array.isArray(values) && values.length === names.length ? undefined : missing;
}

function headerProblem(header: JsonObject, format: string): Problem {
  const kind = textOf(header["format"]).toUpperCase();
  if (!formats.includes(kind)) return badValue(`HEADER format must be one of ${formats.join(", ")}`);
  if (kind === "TEXT") {
    const text = textOf(header["text"]);
    if (text === "") return refused(FORM.header, "HEADER text is missing");
    if (text.length > 60) return refused(FORM.header, "HEADER text is longer than 60 characters");
    if (variablesOf(text).length > 1) return refused(FORM.header, "HEADER may have one variable");
    return variablesProblem("HEADER", text, format) ?? exampleProblem("HEADER", header, format);
  }
  if (!["IMAGE", "VIDEO", "GIF", "DOCUMENT"].includes(kind)) return undefined;
  const handles = isJsonObject(header["example"]) ? header["example"]["header_handle"] : undefined;
  return Array.isArray(handles) && isHandle(handles[0])
    ? undefined
    : badValue(`HEADER of format ${kind} needs example.header_handle, a handle of an upload`);
}

const most: Readonly<Record<string, number>> = { URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 };
const alone = ["FLOW", "CATALOG", "MPM", "SPM", "VOICE_CALL", "CALL_PERMISSION_REQUEST", "REQUEST_CONTACT_INFO", "APP", "OTP"];
const buttonTypes = ["QUICK_REPLY", ...Object.keys(most), ...alone];

function buttonProblem(button: JsonObject): Problem {
  const type = typeOf(button);
  if (!buttonTypes.includes(type)) return badValue(`BUTTONS: unknown type ${type}`);
  const label = textOf(button["text"]);
  if (label.length > 25) return badValue("BUTTONS: text is longer than 25 characters");
  if (label === "" && !["COPY_CODE", "OTP"].includes(type)) return badValue("BUTTONS: text is missing");
  if (label.includes("{{")) return badValue("BUTTONS: text may have no variable");
  if (type === "URL") {
    const url = textOf(button["url"]);
    if (!/^https?:\/\/\S+$/.test(url) || url.length > 2000) return badValue("BUTTONS: url must be an address of at most 2000 characters");
    const variables = variablesOf(url);
    if (variables.length > 1 || (variables.length === 1 && !/\{\{[^{}]*\}\}$/.test(url)))
      return badValue("BUTTONS: url may have one variable, at its end");
    const isShown = Array.isArray(button["example"]) || textOf(button["example"]) !== "";
    if (variables.length === 1 && !isShown) return badValue("BUTTONS: url has a variable and needs an example");
  }
  if (type === "PHONE_NUMBER" && !/^\+?\d{5,20}$/.test(textOf(button["phone_number"]))) return badValue("BUTTONS: phone_number is missing");
  if (type === "COPY_CODE") {
    const given: unknown = Array.isArray(button["example"]) ? button["example"][0] : button["example"];
    if (textOf(given) === "" || textOf(given).length > 15) return badValue("BUTTONS: the example of a code has 1 to 15 characters");
  }
  return undefined;
}

function buttonsProblem(node: JsonObject): Problem {
  const buttons = objectsIn(node["buttons"]);
  if (buttons.length === 0 || buttons.length > 10) return badValue("BUTTONS must hold 1 to 10 buttons");
  const types = buttons.map(typeOf);
  for (const [type, limit] of Object.entries(most)) {
    if (types.filter((one) => one === type).length > limit) return badValue(`BUTTONS: at most ${limit} of type ${type}`);
  }
  if (types.filter((one) => alone.includes(one)).length > 1) return badValue(`BUTTONS: at most one of ${alone.join(", ")}`);
  const groups = types.filter((type, index) => (type === "QUICK_REPLY") !== (types[index - 1] === "QUICK_REPLY") || index === 0);
  if (types.includes("QUICK_REPLY") && groups.length > 2) return badValue("BUTTONS: quick replies must stand together");
  return firstOf(...buttons.map((button) => () => buttonProblem(button)));
}

function carouselProblem(node: JsonObject, format: string): Problem {
  const cards = objectsIn(node["cards"]);
  if (cards.length < 1 || cards.length > 10) return badValue("CAROUSEL must hold 1 to 10 cards");
  const shapes = new Set(
    cards.map((card) =>
      JSON.stringify(
        objectsIn(card["components"]).map((part) => [typeOf(part), textOf(part["format"]), objectsIn(part["buttons"]).map(typeOf)]),
      ),
    ),
  );
  if (shapes.size > 1) return badValue("CAROUSEL: all cards must be alike");
  return firstOf(...cards.map((card) => () => partsProblem(objectsIn(card["components"]), format)));
}

function componentProblem(node: JsonObject, format: string): Problem {
  switch (typeOf(node)) {
    case "HEADER":
      return headerProblem(node, format);
    case "BODY": {
      const text = textOf(node["text"]);
      return text === ""
        ? refused(FORM.body, "BODY text is missing")
        : (bodyTextProblem(text, format) ?? exampleProblem("BODY", node, format));
    }
    case "FOOTER": {
      const text = textOf(node["text"]);
      const isFine = text !== "" && text.length <= 60 && variablesOf(text).length === 0;
      return isFine ? undefined : refused(FORM.footer, "FOOTER must be a text of 1 to 60 characters without variables");
    }
    case "BUTTONS":
      return buttonsProblem(node);
    case "CAROUSEL":
      return carouselProblem(node, format);
    case "LIMITED_TIME_OFFER": {
      const text = textOf(isJsonObject(node["limited_time_offer"]) ? node["limited_time_offer"]["text"] : undefined);
      return text !== "" && text.length <= 16 ? undefined : badValue("LIMITED_TIME_OFFER text must have 1 to 16 characters");
    }
    default:
      return undefined;
  }
}

function partsProblem(components: readonly JsonObject[], format: string): Problem {
  const types = components.map(typeOf);
  const strange = types.find((type) => !componentTypes.includes(type));
  if (strange !== undefined) return badValue(`components: unknown type ${strange}`);
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) return badValue(`components: more than one ${twice}`);
  if (types.includes("LIMITED_TIME_OFFER") && types.includes("FOOTER"))
    return badValue("components: no FOOTER beside a LIMITED_TIME_OFFER");
  return firstOf(...components.map((node) => () => componentProblem(node, format)));
}

function authenticationProblem(components: readonly JsonObject[]): Problem {
  const types = components.map(typeOf);
  const strange = types.find((type) => !["BODY", "FOOTER", "BUTTONS"].includes(type));
  if (strange !== undefined) return badValue(`components: an authentication template has no ${strange}`);
  const [body, footer, buttons] = ["BODY", "FOOTER", "BUTTONS"].map((type) => components.find((node) => typeOf(node) === type));
  if (body === undefined || body["text"] !== undefined)
    return refused(FORM.body, "BODY of an authentication template has a text of the platform");
  const minutes = footer?.["code_expiration_minutes"];
  const isTime = typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 1 && minutes <= 90;
  if (footer !== undefined && !isTime) return badValue("FOOTER: code_expiration_minutes must be 1 to 90");
  const [button, ...others] = objectsIn(buttons?.["buttons"]);
  const isOtp = button !== undefined && others.length === 0 && typeOf(button) === "OTP";
  if (!isOtp || !["COPY_CODE", "ONE_TAP", "ZERO_TAP"].includes(textOf(button["otp_type"])))
    return badValue("BUTTONS: one button of type OTP with otp_type COPY_CODE, ONE_TAP or ZERO_TAP");
  return undefined;
}

const categories = ["UTILITY", "MARKETING", "AUTHENTICATION"];

export function componentsProblem(components: unknown, category: string, format: string): Problem {
  if (!Array.isArray(components)) return badValue("components must be an array");
  const given = objectsIn(components);
  if (given.length !== components.length) return badValue("components must hold objects");
  if (category === "AUTHENTICATION") return authenticationProblem(given);
  return given.some((node) => typeOf(node) === "BODY") ? partsProblem(given, format) : refused(FORM.body, "BODY is missing");
}

/** The first thing that the platform would refuse of the form of a new template. */
export function newTemplateProblem(body: JsonObject): Problem {
  const [name, language, category] = [textOf(body["name"]), textOf(body["language"]), textOf(body["category"]).toUpperCase()];
  const format = body["parameter_format"] === undefined ? "POSITIONAL" : textOf(body["parameter_format"]).toUpperCase();
  if (name === "") return missingParameter("name");
  if (!/^[a-z0-9_]{1,512}$/.test(name)) return { code: 100, message: "(#100) Param name must match ^[a-z0-9_]{1,512}$." };
  if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(language))
    return language === "" ? missingParameter("language") : badValue("language is not one of the supported codes");
  if (!categories.includes(category))
    return category === "" ? missingParameter("category") : badValue(`category must be one of ${categories.join(", ")}`);
  if (format !== "POSITIONAL" && format !== "NAMED") return badValue("parameter_format must be POSITIONAL or NAMED");
  if (body["library_template_name"] !== undefined) return undefined;
  return body["components"] === undefined ? missingParameter("components") : componentsProblem(body["components"], category, format);
}
