// Owns the parameters of a Graph request, however they came: in the address, as JSON, as a form, in parts. Knows no parameter but the nodes.
import type { FastifyRequest } from "fastify";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

/** What the platform also takes as JSON text. Anything else that looks like JSON is a text, such as `biz_opaque_callback_data`. */
const nodes: ReadonlySet<string> = new Set([
  ...["text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "interactive", "template", "pin"],
  ...["context", "typing_indicator", "components", "hsm_ids", "optimization_spec", "library_template_button_inputs"],
]);

function readNode(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const maxDepth = 20;

type Draft = Record<string, unknown>;

const draft = (): Draft => Object.create(null) as Draft;

/** `text[body]=oi` goes into the node `text`. Lists are made from digits afterwards. */
function place(into: Draft, key: string, value: string): void {
  const parts = key.split(/\]?\[|\]$/).filter((part, index, all) => part !== "" || index < all.length - 1);
  const last = parts.length > maxDepth ? key : (parts.pop() ?? key);
  if (parts.length > maxDepth) parts.length = 0;
  let at = into;
  for (const part of parts) {
    const inner = at[part];
    at = isDraft(inner) ? inner : (at[part] = draft());
  }
  at[last === "" ? String(Object.keys(at).length) : last] = value;
}

const isDraft = (value: unknown): value is Draft => isJsonObject(value) && Object.getPrototypeOf(value) === null;

function settle(value: unknown): unknown {
  if (!isDraft(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key, index) => key === String(index))) return keys.map((key) => settle(value[key]));
  return Object.fromEntries(keys.map((key) => [key, settle(value[key])]));
}

/** A form as the platform reads it: brackets nest, the last of equal names wins. */
export function readForm(pairs: Iterable<readonly [string, string]>): JsonObject {
  const form = draft();
  for (const [key, value] of pairs) place(form, key, value);
  const settled = settle(form);
  return isJsonObject(settled) ? settled : {};
}

async function readParts(request: FastifyRequest): Promise<JsonObject> {
  const pairs: [string, string][] = [];
  for await (const part of request.parts()) {
    if (part.type === "file") part.file.resume();
    else if (typeof part.value === "string") pairs.push([part.fieldname, part.value]);
  }
  return readForm(pairs);
}

/** All parameters but the access token. The body wins over the address. Parts become the body: the token may be one of them. */
export async function readParameters(request: FastifyRequest): Promise<JsonObject> {
  if (request.isMultipart()) request.body = await readParts(request);
  const { body } = request;
  const query = isJsonObject(request.query) ? request.query : {};
  const given = { ...query, ...(isJsonObject(body) && body) };
  const parameters = Object.entries(given).filter(([key]) => key !== "access_token");
  return Object.fromEntries(parameters.map(([key, value]) => [key, nodes.has(key) ? readNode(value) : value]));
}
