// Owns the limits of interactive messages. Knows nothing of recipients or templates.
import { firstOf, mediaSourceProblem, objectIn, objectsIn, optionalText, requiredText } from "./check-node.ts";
import type { Problem } from "./check-node.ts";
import { badValue, missingParameter } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { actionProblems } from "./validate-interactive-action.ts";

const bodyProblem = (interactive: JsonObject, max: number): Problem =>
  requiredText(objectIn(interactive, "body"), "text", { max, name: "interactive['body']['text']" });

const footerProblem = (interactive: JsonObject): Problem =>
  interactive["footer"] === undefined
    ? undefined
    : requiredText(objectIn(interactive, "footer"), "text", { max: 60, name: "interactive['footer']['text']" });

function headerProblem(interactive: JsonObject, { headers, headerRequired }: Frame): Problem {
  if (interactive["header"] === undefined) return headerRequired === true ? missingParameter("interactive['header']") : undefined;
  if (headers.length === 0) return badValue(`interactive['header'] is not allowed for ${String(interactive["type"])}`);
  const header = objectIn(interactive, "header");
  const type = String(header["type"]);
  if (!headers.includes(type)) return badValue(`interactive['header']['type'] must be one of {${headers.join(", ")}}`);
  if (type === "text") return requiredText(header, "text", { max: 60, name: "interactive['header']['text']" });
  return mediaSourceProblem(objectIn(header, type), `interactive['header']['${type}']`);
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

/** What of the parts around the action a kind may have. */
interface Frame {
  readonly bodyMax: number;
  readonly bodyOptional?: true;
  readonly headers: readonly string[];
  readonly headerRequired?: true;
  readonly action: (interactive: JsonObject) => Problem;
}

const framed = (action: Frame["action"]): Frame => ({ bodyMax: 1024, headers: anyHeader, action });
const plain = (action: Frame["action"]): Frame => ({ bodyMax: 1024, headers: [], action });

const kinds: ReadonlyMap<string, Frame> = new Map([
  ["button", framed(buttonProblem)],
  ["list", { bodyMax: 4096, headers: ["text"], action: listProblem }],
  ["cta_url", framed(ctaUrlProblem)],
  ["flow", framed(flowProblem)],
  ["location_request_message", plain((interactive) => actionNamed(interactive, "send_location"))],
  ["contact_request", plain((interactive) => actionNamed(interactive, "request_contact_info"))],
  ["request_contact_info", plain((interactive) => actionNamed(interactive, "request_contact_info"))],
  ["carousel", plain(carouselProblem)],
  ["product", { ...plain(actionProblems.product), bodyOptional: true }],
  ["product_list", { ...plain(actionProblems.productList), headers: ["text"], headerRequired: true }],
  ["catalog_message", plain(actionProblems.catalog)],
  ["address_message", framed(actionProblems.address)],
  ["call_permission_request", { ...framed(actionProblems.callPermission), bodyOptional: true }],
  ["voice_call", framed(actionProblems.voiceCall)],
  ["order_details", framed(actionProblems.orderDetails)],
  ["order_status", framed(actionProblems.orderStatus)],
]);

/** The first thing that the platform would refuse in an `interactive` node. */
export function interactiveProblem(interactive: JsonObject): Problem {
  const { type } = interactive;
  if (type === undefined) return missingParameter("interactive['type']");
  const kind = typeof type === "string" ? kinds.get(type) : undefined;
  if (kind === undefined) {
    const message = `(#100) Param interactive['type'] must be one of {${[...kinds.keys()].join(", ")}} - got ${JSON.stringify(type)}.`;
    return { code: 100, message };
  }
  return (
    headerProblem(interactive, kind) ??
    (kind.bodyOptional === true && interactive["body"] === undefined ? undefined : bodyProblem(interactive, kind.bodyMax)) ??
    footerProblem(interactive) ??
    kind.action(interactive)
  );
}
