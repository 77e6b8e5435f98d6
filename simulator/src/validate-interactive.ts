// Owns the limits of interactive messages. Knows nothing of recipients or templates.
import { badValue, missingParameter, tooLong } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

type Problem = GraphProblem | undefined;

const empty: JsonObject = {};
const objectIn = (source: JsonObject, key: string): JsonObject => {
  const value = source[key];
  return isJsonObject(value) ? value : empty;
};
const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const firstOf = <T>(items: readonly T[], check: (item: T, index: number) => Problem): Problem => {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** A text that must be there and fit. */
export function requiredText(source: JsonObject, key: string, limit: { readonly max: number; readonly name: string }): Problem {
  const value = source[key];
  if (value === undefined || value === null || value === "") return missingParameter(limit.name);
  if (typeof value !== "string") return badValue(`${limit.name} must be a string`);
  return value.length > limit.max ? tooLong(limit.name, limit.max) : undefined;
}

/** A text that must fit when it is there. */
export function optionalText(source: JsonObject, key: string, limit: { readonly max: number; readonly name: string }): Problem {
  return source[key] === undefined ? undefined : requiredText(source, key, limit);
}

const bodyProblem = (interactive: JsonObject, max: number): Problem =>
  requiredText(objectIn(interactive, "body"), "text", { max, name: "interactive['body']['text']" });

const footerProblem = (interactive: JsonObject): Problem =>
  interactive["footer"] === undefined
    ? undefined
    : requiredText(objectIn(interactive, "footer"), "text", { max: 60, name: "interactive['footer']['text']" });

function headerProblem(interactive: JsonObject, allowed: readonly string[]): Problem {
  if (interactive["header"] === undefined) return undefined;
  const header = objectIn(interactive, "header");
  const type = String(header["type"]);
  if (!allowed.includes(type)) return badValue(`interactive['header']['type'] must be one of {${allowed.join(", ")}}`);
  if (type === "text") return requiredText(header, "text", { max: 60, name: "interactive['header']['text']" });
  return mediaSourceProblem(objectIn(header, type), `interactive['header']['${type}']`);
}

/** Exactly one of `id` and `link`. */
export function mediaSourceProblem(node: JsonObject, name: string): Problem {
  const [hasId, hasLink] = [node["id"] !== undefined, node["link"] !== undefined];
  if (hasId === hasLink) {
    return badValue(hasId ? `${name} must have either an id or a link, not both` : `${name} must have an id or a link`);
  }
  const source = hasId ? node["id"] : node["link"];
  if (typeof source !== "string" || source === "") return badValue(`${name}['${hasId ? "id" : "link"}'] must be a string`);
  return hasLink && !/^https?:\/\/[^\s]+$/.test(source) ? badValue(`${name}['link'] is not a valid URL`) : undefined;
}

const anyHeader = ["text", "image", "video", "document"];

function buttonProblem(interactive: JsonObject): Problem {
  const buttons = objectsIn(objectIn(interactive, "action")["buttons"]);
  if (buttons.length < 1 || buttons.length > 3)
    return badValue("interactive['action']['buttons']: Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3");
  const titles = buttons.map((button) => objectIn(button, "reply")["title"]);
  return (
    firstOf(buttons, (button, index) => {
      const name = `interactive['action']['buttons'][${index}]['reply']`;
      const reply = objectIn(button, "reply");
      return (
        requiredText(reply, "id", { max: 256, name: `${name}['id']` }) ??
        requiredText(reply, "title", { max: 20, name: `${name}['title']` })
      );
    }) ?? (new Set(titles).size < titles.length ? badValue("interactive['action']['buttons']: button titles must be unique") : undefined)
  );
}

function rowProblem(row: JsonObject, name: string): Problem {
  return (
    requiredText(row, "id", { max: 200, name: `${name}['id']` }) ??
    requiredText(row, "title", { max: 24, name: `${name}['title']` }) ??
    optionalText(row, "description", { max: 72, name: `${name}['description']` })
  );
}

function listProblem(interactive: JsonObject): Problem {
  const action = objectIn(interactive, "action");
  const sections = objectsIn(action["sections"]);
  const rows = sections.flatMap((section) => objectsIn(section["rows"]));
  if (sections.length < 1 || sections.length > 10) return badValue("interactive['action']['sections']: there must be 1 to 10 sections");
  if (rows.length < 1 || rows.length > 10) return badValue("interactive['action']['sections']: there must be 1 to 10 rows in total");
  if (new Set(rows.map((row) => row["id"])).size < rows.length)
    return badValue("interactive['action']['sections']: row ids must be unique");
  return (
    requiredText(action, "button", { max: 20, name: "interactive['action']['button']" }) ??
    firstOf(sections, (section, index) => {
      const limit = { max: 24, name: `interactive['action']['sections'][${index}]['title']` };
      return sections.length > 1 ? requiredText(section, "title", limit) : optionalText(section, "title", limit);
    }) ??
    firstOf(rows, (row, index) => rowProblem(row, `interactive['action']['sections'] row ${index}`))
  );
}

function ctaUrlProblem(interactive: JsonObject): Problem {
  const parameters = objectIn(objectIn(interactive, "action"), "parameters");
  return (
    requiredText(parameters, "display_text", { max: 20, name: "interactive['action']['parameters']['display_text']" }) ??
    requiredText(parameters, "url", { max: 2000, name: "interactive['action']['parameters']['url']" })
  );
}

function flowProblem(interactive: JsonObject): Problem {
  const parameters = objectIn(objectIn(interactive, "action"), "parameters");
  const name = "interactive['action']['parameters']";
  const payload = parameters["flow_action_payload"];
  if (parameters["flow_id"] === undefined && parameters["flow_name"] === undefined) return missingParameter(`${name}['flow_id']`);
  if (parameters["flow_action"] === "data_exchange" && payload !== undefined)
    return badValue(`${name}['flow_action_payload'] is not allowed with data_exchange`);
  if (payload !== undefined && (!isJsonObject(payload) || typeof payload["screen"] !== "string"))
    return missingParameter(`${name}['flow_action_payload']['screen']`);
  if (isJsonObject(payload) && isJsonObject(payload["data"]) && Object.keys(payload["data"]).length === 0)
    return badValue(`${name}['flow_action_payload']['data'] must not be empty`);
  if (typeof parameters["flow_cta"] === "string" && /\p{Extended_Pictographic}/u.test(parameters["flow_cta"]))
    return badValue(`${name}['flow_cta'] must not contain emoji`);
  return (
    requiredText(parameters, "flow_message_version", { max: 10, name: `${name}['flow_message_version']` }) ??
    requiredText(parameters, "flow_cta", { max: 20, name: `${name}['flow_cta']` })
  );
}

function carouselProblem(interactive: JsonObject): Problem {
  const cards = objectsIn(objectIn(interactive, "action")["cards"]);
  return cards.length < 2 || cards.length > 10 ? badValue("interactive['action']['cards']: there must be 2 to 10 cards") : undefined;
}

const actionNamed = (interactive: JsonObject, expected: string): Problem =>
  objectIn(interactive, "action")["name"] === expected ? undefined : badValue(`interactive['action']['name'] must be ${expected}`);

/** The first thing that the platform would refuse in an `interactive` node. */
export function interactiveProblem(interactive: JsonObject): Problem {
  switch (interactive["type"]) {
    case "button":
      return (
        headerProblem(interactive, anyHeader) ?? bodyProblem(interactive, 1024) ?? footerProblem(interactive) ?? buttonProblem(interactive)
      );
    case "list":
      return (
        headerProblem(interactive, ["text"]) ?? bodyProblem(interactive, 4096) ?? footerProblem(interactive) ?? listProblem(interactive)
      );
    case "cta_url":
      return (
        headerProblem(interactive, anyHeader) ?? bodyProblem(interactive, 1024) ?? footerProblem(interactive) ?? ctaUrlProblem(interactive)
      );
    case "flow":
      return (
        headerProblem(interactive, anyHeader) ?? bodyProblem(interactive, 1024) ?? footerProblem(interactive) ?? flowProblem(interactive)
      );
    case "location_request_message":
      return bodyProblem(interactive, 1024) ?? actionNamed(interactive, "send_location");
    case "contact_request":
    case "request_contact_info":
      return bodyProblem(interactive, 1024) ?? actionNamed(interactive, "request_contact_info");
    case "carousel":
      return bodyProblem(interactive, 1024) ?? carouselProblem(interactive);
    case undefined:
      return missingParameter("interactive['type']");
    default:
      return badValue(`interactive['type'] ${String(interactive["type"])} is not emulated or does not exist`);
  }
}
