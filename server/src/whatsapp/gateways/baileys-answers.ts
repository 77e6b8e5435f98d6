// Owns: what people tap, choose and fill in on WhatsApp Web as the Cloud API's answers. Refuses to know: what was asked.
import type { JsonObject } from "../../kernel/json.ts";
import { isObject, parseObject, readObject, readString } from "../../kernel/read-json.ts";
import { type CloudNode, present } from "./plain-message.ts";

export function buttonReply(node: JsonObject): CloudNode {
  return tapped({ id: readString(node, "selectedButtonId"), title: readString(node, "selectedDisplayText") });
}

export function templateReply(node: JsonObject): CloudNode {
  return { type: "button", node: present({ payload: readString(node, "selectedId"), text: readString(node, "selectedDisplayText") }) };
}

export function listReply(node: JsonObject): CloudNode {
  const id = readString(readObject(node, "singleSelectReply"), "selectedRowId");
  return chosen({ id, title: readString(node, "title"), description: readString(node, "description") });
}

/** One kind for all that newer buttons ask for; the name says which it was. */
export function flowReply(node: JsonObject): CloudNode {
  const flow = readObject(node, "nativeFlowResponseMessage");
  const name = readString(flow, "name");
  const source = readString(flow, "paramsJson") ?? readString(flow, "paramsJSON");
  const body = readString(readObject(node, "body"), "text");
  const parameters = parseObject(source);
  const id = readString(parameters, "id");
  if (isObject(parameters) && name === "quick_reply") return tapped({ id, title: body ?? readString(parameters, "display_text") });
  if (isObject(parameters) && name === "single_select") {
    return chosen({ id, title: readString(parameters, "title") ?? body, description: readString(parameters, "description") });
  }
  if (isObject(parameters) && name === "call_permission_request") {
    const answer = present({ response: readString(parameters, "response") });
    return { type: "interactive", node: { type: "call_permission_reply", call_permission_reply: answer } };
  }
  return { type: "interactive", node: { type: "nfm_reply", nfm_reply: present({ name, body, response_json: source }) } };
}

function tapped(button: Readonly<Record<"id" | "title", string | undefined>>): CloudNode {
  return { type: "interactive", node: { type: "button_reply", button_reply: present(button) } };
}

function chosen(row: Readonly<Record<"id" | "title" | "description", string | undefined>>): CloudNode {
  return { type: "interactive", node: { type: "list_reply", list_reply: present(row) } };
}
