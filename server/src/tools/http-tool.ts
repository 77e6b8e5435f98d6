// Owns: one HTTP request that a business has described, made with the arguments of a model: what goes where, and what the answer means.
// Refuses to know: which conversation it is for, and how calls are recorded.
import { messageOf } from "../kernel/faults.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { type OutsideAnswer, type OutsideHttp, type OutsideRequest } from "../outside/outside-http.ts";
import { OutsideError } from "../outside/outside-error.ts";
import { isArray, isObject } from "../kernel/read-json.ts";
import type { CallableTool, CallContext, CallOutcome } from "./callable-tool.ts";
import { compileArguments, type CheckArguments } from "./check-arguments.ts";
import { fillTemplate, placeholdersOf, scalarText, soleArgument, textsIn, type ContextName, type Placeholder } from "./fill-template.ts";
import type { HttpDefinition } from "./tool-definition.ts";
import { lookUpSecrets, type CallSecrets, type FindSecret } from "./tool-secrets.ts";
import { trimResult } from "./trim-result.ts";

const MAX_ANSWER_BYTES = 1_000_000;
const MAX_REDIRECTS = 3;

export interface HttpToolOptions {
  readonly name: string;
  readonly description: string;
  readonly needsApproval: boolean;
  readonly definition: HttpDefinition;
  readonly outside: Pick<OutsideHttp, "request">;
  readonly findSecret: FindSecret;
}

/** A call that cannot be made as it is; the sentence is for the model. */
class UnusableCall extends Error {}

interface Values {
  readonly args: JsonObject;
  readonly secrets: CallSecrets;
  readonly context: ReadonlyMap<ContextName, string>;
}

const onlyReads = ({ method }: HttpDefinition): boolean => method === "GET" || method === "HEAD";

export function createHttpTool(options: HttpToolOptions): CallableTool {
  const { name, description, needsApproval, definition } = options;
  const parameters = definition.parameters as JsonObject;
  return {
    name,
    description,
    parameters,
    needsApproval,
    isRepeatable: onlyReads(definition),
    check: checkOf(parameters),
    run: (args, call) => runHttpTool(options, args, call),
  };
}

/** A tool whose schema was saved before such schemas were refused is not called, and the other tools stay usable. */
function checkOf(parameters: JsonObject): CheckArguments {
  try {
    return compileArguments(parameters);
  } catch (error) {
    return () => ({ outcome: "invalid", problems: [`the tool cannot be called: ${messageOf(error)}`] });
  }
}

async function runHttpTool(
  { definition, outside, findSecret }: HttpToolOptions,
  args: JsonObject,
  call: CallContext,
): Promise<CallOutcome> {
  const placeholders = [
    definition.url,
    ...Object.values(definition.query),
    ...Object.values(definition.headers),
    ...textsIn(definition.body),
  ].flatMap(placeholdersOf);
  const namesOf = (kind: Placeholder["kind"]): readonly string[] => placeholders.filter((one) => one.kind === kind).map(({ name }) => name);
  const secrets = await lookUpSecrets(namesOf("secret"), findSecret);
  if (secrets.missing.length > 0)
    return { outcome: "failed", error: `The tool is not set up: the secret ${secrets.missing.join(", ")} is missing.` };
  const context = new Map<ContextName, string>();
  for (const one of placeholders) {
    if (one.kind !== "context") continue;
    const value = await call.contextValue(one.name);
    if (value === undefined) return { outcome: "failed", error: `The tool needs the customer's ${one.name}, which is not known.` };
    context.set(one.name, value);
  }
  let request: OutsideRequest;
  try {
    request = requestOf(definition, { args, secrets, context }, call);
  } catch (error) {
    if (error instanceof UnusableCall) return { outcome: "failed", error: error.message };
    throw error;
  }
  return ask(request, { outside, secrets, definition });
}

interface Exchange {
  readonly outside: Pick<OutsideHttp, "request">;
  readonly secrets: CallSecrets;
  readonly definition: HttpDefinition;
}

async function ask(request: OutsideRequest, { outside, secrets, definition }: Exchange): Promise<CallOutcome> {
  try {
    return readAnswer(await outside.request(request), secrets, definition.maxResultCharacters);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const sentence = secrets.redact(error.message);
    return onlyReads(definition) || neverLeft(error) ? { outcome: "failed", error: sentence } : { outcome: "unknown", error: sentence };
  }
}

const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

/** Nothing of the request has reached the other side. */
export function neverLeft(error: OutsideError): boolean {
  if (error.code === "not_allowed" || error.code === "invalid_url") return true;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string" && NOT_CONNECTED.has(cause.code)) return true;
  return false;
}

function readAnswer({ status, body }: OutsideAnswer, secrets: CallSecrets, maxCharacters: number): CallOutcome {
  const result: Json = { status, body: trimResult(secrets.redact(body.toString("utf8")), maxCharacters) };
  if (status >= 200 && status < 300) return { outcome: "done", result };
  const meaning = status >= 300 && status < 400 ? "redirects to another address, which is not followed" : "says that it did not work";
  return { outcome: "failed", error: `The tool answered ${status}: it ${meaning}.`, result };
}

function requestOf(definition: HttpDefinition, values: Values, call: CallContext): OutsideRequest {
  const url = urlOf(definition, values);
  const body = bodyOf(definition, values);
  const headers = Object.fromEntries(
    Object.entries(definition.headers).map(([name, template]) => [
      name.toLowerCase(),
      headerText(fill(template, values, (value) => value)),
    ]),
  );
  return {
    url: url.href,
    method: definition.method,
    headers: {
      accept: "application/json, text/plain;q=0.9, */*;q=0.5",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
      "idempotency-key": call.callId,
      ...(call.isTest ? { "onethread-test": "true" } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeoutMs: call.timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    // A redirected POST would arrive somewhere as a GET, and count as done.
    maxRedirects: onlyReads(definition) ? MAX_REDIRECTS : 0,
    signal: call.signal,
  };
}

function headerText(value: string): string {
  if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) throw new UnusableCall("A value cannot be sent in a header of the request.");
  return value;
}

/** A value of the model never decides where the request goes: it is encoded, and cannot climb out of its place in the path. */
function urlOf(definition: HttpDefinition, values: Values): URL {
  const [path = "", search] = definition.url.split("?", 2);
  const filledPath = fill(path, values, (value, name) => {
    if (/^\.{0,2}$/.test(value)) throw new UnusableCall(`${name}: ${JSON.stringify(value)} cannot be part of the address.`);
    return encodeURIComponent(value);
  });
  const filledSearch = search === undefined ? "" : `?${fill(search, values, (value) => encodeURIComponent(value))}`;
  const url = new URL(filledPath + filledSearch);
  for (const [key, template] of Object.entries(definition.query)) {
    const sole = soleArgument(template);
    const given = sole === undefined ? undefined : values.args[sole];
    if (sole !== undefined && (given === undefined || given === null)) continue;
    if (isArray(given)) for (const item of given) url.searchParams.append(key, textOf(item, key));
    else
      url.searchParams.append(
        key,
        fill(template, values, (value) => value),
      );
  }
  const origin = new URL(path.replaceAll(/\{[^/]*\}/g, "x")).origin;
  if (url.origin !== origin) throw new UnusableCall("The arguments would lead to another address.");
  return url;
}

type Encode = (value: string, name: string) => string;

function fill(template: string, { args, secrets, context }: Values, encode: Encode): string {
  return fillTemplate(template, (placeholder) => {
    if (placeholder.kind === "argument") return encode(textOf(args[placeholder.name], placeholder.name), placeholder.name);
    const value = placeholder.kind === "secret" ? secrets.values.get(placeholder.name) : context.get(placeholder.name);
    return encode(value ?? "", placeholder.name);
  });
}

function textOf(value: Json | undefined, name: string): string {
  const text = scalarText(value);
  if (text === undefined) throw new UnusableCall(`${name}: a text, a number or true or false is needed here.`);
  return text;
}

function bodyOf(definition: HttpDefinition, values: Values): Json | undefined {
  const { method, body, url, query, headers } = definition;
  if (onlyReads(definition)) return undefined;
  if (body !== undefined) return fillJson(body as JsonObject, values);
  const placed = new Set(
    [url, ...Object.values(query), ...Object.values(headers)]
      .flatMap(placeholdersOf)
      .flatMap(({ kind, name }) => (kind === "argument" ? [name] : [])),
  );
  const rest = Object.entries(values.args).filter(([name]) => !placed.has(name));
  return method === "DELETE" && rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** "{name}" alone keeps the type of its argument; without the argument, its key is left out. */
function fillJson(template: Json, values: Values): Json {
  if (typeof template === "string") {
    const sole = soleArgument(template);
    return sole === undefined ? fill(template, values, (value) => value) : (values.args[sole] ?? null);
  }
  if (isArray(template)) return template.map((item) => fillJson(item, values));
  if (!isObject(template)) return template;
  const given = Object.entries(template).filter(([, inner]) => {
    const sole = typeof inner === "string" ? soleArgument(inner) : undefined;
    return sole === undefined || values.args[sole] !== undefined;
  });
  return Object.fromEntries(given.map(([key, inner]) => [key, fillJson(inner, values)]));
}
