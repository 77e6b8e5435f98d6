// Owns Direct Send: what the platform refuses in it, and the template that it makes behind a message. Knows nothing of windows and rates.
import { objectIn } from "./check-node.ts";
import type { Problem } from "./check-node.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { DirectSendAccess } from "./settings.ts";
import type { ValidMessage } from "./validate-message.ts";

const refused = (details: string): GraphProblem => ({ code: 100, details });
const noAccess = refused("Direct Send is not available for this business portfolio.");
const lifeOf: Readonly<Record<string, { readonly max: number }>> = { utility: { max: 43_200 }, authentication: { max: 900 } };

/** Undefined: an ordinary send. */
export function directCategoryOf(body: JsonObject): string | undefined {
  const { category } = body;
  return category === undefined || category === "service" ? undefined : typeof category === "string" ? category : "none";
}

function formProblem({ type, node, address }: ValidMessage, category: string): Problem {
  const object = isJsonObject(node) ? node : {};
  const text = type === "text" ? object["body"] : objectIn(object, "body")["text"];
  if (typeof text === "string" && text.length > 1024)
    return refused("The body of a Direct Send message must be at most 1024 characters long.");
  if (category === "authentication") {
    if (address.kind === "user") return { code: 131062, details: "Authentication messages cannot be sent to a business-scoped user ID." };
    return type === "text" ? undefined : refused("Param type must be text for authentication.");
  }
  if (type === "text") return undefined;
  const kind = type === "interactive" ? object["type"] : undefined;
  if (kind !== "button" && kind !== "cta_url" && kind !== "voice_call")
    return refused(`Param type: ${type} is not supported by Direct Send.`);
  return kind === "voice_call" && object["footer"] !== undefined ? refused("Param footer is not allowed with voice_call.") : undefined;
}

function parameterProblem(body: JsonObject, category: string): Problem {
  const { ttl_seconds: ttl, direct_send_config: config } = body;
  const max = lifeOf[category]?.max ?? 0;
  if (ttl !== undefined && !(typeof ttl === "number" && Number.isInteger(ttl) && ttl >= 30 && ttl <= max))
    return refused(`Param ttl_seconds must be between 30 and ${max}.`);
  if (config === undefined) return undefined;
  const name = isJsonObject(config) ? config["template_name"] : undefined;
  if (category !== "utility") return refused("Param direct_send_config is for utility only.");
  return typeof name === "string" && /^[a-z0-9_]{1,512}$/.test(name) ? undefined : refused("Param template_name is not valid.");
}

/** What is refused before it is known whether the message could be sent. */
export function directSendProblem(body: JsonObject, message: ValidMessage, access: DirectSendAccess): Problem {
  const category = directCategoryOf(body);
  if (category === undefined) {
    const stray = ["ttl_seconds", "direct_send_config"].find((key) => body[key] !== undefined);
    return stray === undefined ? undefined : refused(`Param ${stray} needs a category.`);
  }
  if (lifeOf[category] === undefined) return refused("Param category must be one of {utility, authentication, service}.");
  if (access === "blocked") return { code: 139200, details: "Access to Direct Send is blocked for this account." };
  if (access === "none") return noAccess;
  if (message.address.kind === "group") return refused("Param recipient_type must be individual.");
  return formProblem(message, category) ?? parameterProblem(body, category);
}

/** The components of the template that stands behind a message, and the name that it asks for. */
export function generatedForm(
  body: JsonObject,
  { type, node }: { readonly type: string; readonly node: JsonObject },
): {
  readonly name: string | undefined;
  readonly components: readonly JsonObject[];
} {
  const name = objectIn(body, "direct_send_config")["template_name"];
  const part = (key: string): string | undefined => {
    const { text } = objectIn(node, key);
    return typeof text === "string" ? text : undefined;
  };
  const [header, footer] = [part("header"), part("footer")];
  return {
    name: typeof name === "string" ? name : undefined,
    components: [
      ...(header === undefined ? [] : [{ type: "HEADER", format: "TEXT", text: header }]),
      { type: "BODY", text: type === "text" ? String(node["body"]) : (part("body") ?? "") },
      ...(footer === undefined ? [] : [{ type: "FOOTER", text: footer }]),
    ],
  };
}
