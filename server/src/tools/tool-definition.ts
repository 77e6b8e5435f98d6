// Owns: how a business defines a tool: as an HTTP request, or a server that speaks the Model Context Protocol. Refuses to know: how either is asked.
import { z } from "zod";
import { messageOf } from "../kernel/faults.ts";
import type { JsonObject } from "../kernel/json.ts";
import { ANSWER_TOOLS } from "../settings/reply-settings.ts";
import { compileArguments } from "./check-arguments.ts";
import { placeholdersOf, strayBraces, textsIn, type Placeholder } from "./fill-template.ts";

export const BUILT_IN_TOOLS = ["handoff", "search_knowledge", "update_customer", ...ANSWER_TOOLS] as const;

const text = z.string().max(2_000);
const headers = z
  .record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, "must be the name of a header"), text.regex(/^[^\r\n]*$/, "must be one line"))
  .default({})
  .describe('Secrets as "{{secret:name}}"; they are filled in when the request is made, and never shown.');

const parametersSchema = z
  .looseObject({ type: z.literal("object"), properties: z.record(z.string(), z.unknown()).default({}) })
  .describe("JSON Schema of the arguments; what it does not name is refused.");

const httpSchema = z
  .strictObject({
    parameters: parametersSchema.default({ type: "object", properties: {} }),
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
    url: z.string().max(2_000).describe("https://shop.example/orders/{orderId}: arguments may be in the path or the query only."),
    query: z.record(z.string(), text).default({}),
    headers,
    body: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('JSON with "{argument}" in it; absent: all arguments that the URL and the query do not use.'),
    maxResultCharacters: z.int().min(200).max(32_000).default(8_000).describe("A longer answer is cut."),
  })
  .superRefine((definition, context) => {
    for (const problem of problemsOfHttp(definition))
      context.addIssue({ code: "custom", message: problem.message, path: [...problem.path] });
  });

const mcpSchema = z
  .strictObject({
    url: z.string().max(2_000),
    headers,
    tools: z.array(z.string().min(1).max(128)).max(100).optional().describe("Only these of the server's tools; absent: all."),
    maxResultCharacters: z.int().min(200).max(32_000).default(8_000),
  })
  .superRefine((definition, context) => {
    const problems = [...problemsOfAddress(definition.url), ...problemsOfHeaders(definition.headers, new Set())];
    if (definition.url.includes("{")) problems.push({ path: ["url"], message: "must have no placeholders" });
    for (const problem of problems) context.addIssue({ code: "custom", message: problem.message, path: [...problem.path] });
  });

export type HttpDefinition = z.output<typeof httpSchema>;
export type McpDefinition = z.output<typeof mcpSchema>;
export type ToolDefinition =
  | { readonly kind: "http"; readonly definition: HttpDefinition }
  | { readonly kind: "mcp"; readonly definition: McpDefinition };

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

const OWN_HEADERS = /^(host|content-length|transfer-encoding|connection|upgrade|idempotency-key|onethread-test)$/i;
const SECRET_HEADERS = /^(authorization|proxy-authorization|cookie|x-api-key|api-key)$/i;

/** Scheme, host and port are the business's own words: no placeholder can be there, and no password. */
function problemsOfAddress(url: string): Problem[] {
  const isFixed = /^https?:\/\/[^/?#{}@\\\s]+(?:[/?]|$)/i.test(url) && URL.canParse(url) && !/[\\#\s]/.test(url);
  return isFixed
    ? []
    : [{ path: ["url"], message: "must begin with http:// or https:// and a fixed host, without a password, a fragment or spaces" }];
}

function problemsOfHeaders(values: Readonly<Record<string, string>>, declared: ReadonlySet<string>): Problem[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = ["headers", name];
    if (OWN_HEADERS.test(name)) return [{ path, message: "is set by Onethread" }];
    if (SECRET_HEADERS.test(name) && !placeholdersOf(value).some(({ kind }) => kind === "secret"))
      return [{ path, message: "must take its secret from {{secret:name}}, so that it is never shown" }];
    return problemsOfTemplate(path, value, declared);
  });
}

function problemsOfTemplate(path: readonly string[], template: string, declared: ReadonlySet<string>): Problem[] {
  if (strayBraces(template) !== undefined)
    return [{ path, message: "has braces that are no {argument}, {{secret:name}} or {{context:name}}" }];
  return placeholdersOf(template)
    .filter(({ kind, name }) => kind === "argument" && !declared.has(name))
    .map(({ name }) => ({ path, message: `{${name}} is not among the parameters` }));
}

function problemsOfHttp(definition: {
  readonly parameters: { readonly properties: Readonly<Record<string, unknown>>; readonly required?: unknown };
  readonly url: string;
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}): Problem[] {
  const declared = new Set(Object.keys(definition.parameters.properties));
  const required = Array.isArray(definition.parameters.required) ? (definition.parameters.required as unknown[]) : [];
  const inUrl = placeholdersOf(definition.url);
  return [
    ...problemsOfParameters(definition.parameters),
    ...problemsOfAddress(definition.url),
    ...problemsOfTemplate(["url"], definition.url, declared),
    ...inUrl.filter(({ kind }) => kind === "secret").map(() => ({ path: ["url"], message: "must hold no secret; headers and query may" })),
    ...inUrl
      .filter(({ kind, name }) => kind === "argument" && declared.has(name) && !required.includes(name))
      .map(({ name }) => ({ path: ["parameters"], message: `${name} is in the URL and must be required` })),
    ...Object.entries(definition.query).flatMap(([key, value]) => problemsOfTemplate(["query", key], value, declared)),
    ...problemsOfHeaders(definition.headers, declared),
    ...problemsOfBody(definition, declared),
  ];
}

function problemsOfBody(
  { method, body }: { readonly method: string; readonly body?: Readonly<Record<string, unknown>> | undefined },
  declared: ReadonlySet<string>,
): Problem[] {
  if (body === undefined) return [];
  if (method === "GET" || method === "HEAD") return [{ path: ["body"], message: `a ${method} request has none` }];
  return textsIn(body).flatMap((template) => {
    const found: readonly Placeholder[] = placeholdersOf(template);
    if (found.some(({ kind }) => kind === "secret")) return [{ path: ["body"], message: "must hold no secret; headers and query may" }];
    return found
      .filter(({ kind, name }) => kind === "argument" && !declared.has(name))
      .map(({ name }) => ({ path: ["body"], message: `{${name}} is not among the parameters` }));
  });
}

function problemsOfParameters(parameters: object): Problem[] {
  try {
    compileArguments(parameters as JsonObject);
    return [];
  } catch (error) {
    return [{ path: ["parameters"], message: messageOf(error) }];
  }
}

export type DefinitionOutcome =
  | ({ readonly outcome: "valid" } & ToolDefinition)
  | { readonly outcome: "invalid"; readonly problems: readonly string[] };

/** Defaults are filled in. A problem begins with its place: "definition.url: …". */
export function readDefinition(kind: "http" | "mcp", written: unknown): DefinitionOutcome {
  if (kind === "http") {
    const parsed = httpSchema.safeParse(written);
    return parsed.success ? { outcome: "valid", kind, definition: closed(parsed.data) } : problemsIn(parsed.error);
  }
  const parsed = mcpSchema.safeParse(written);
  return parsed.success ? { outcome: "valid", kind, definition: parsed.data } : problemsIn(parsed.error);
}

function problemsIn(error: z.ZodError): DefinitionOutcome {
  return { outcome: "invalid", problems: error.issues.map(({ path, message }) => `${["definition", ...path].join(".")}: ${message}`) };
}

/** What the parameters do not name is not an argument, unless the business says so. */
function closed(definition: HttpDefinition): HttpDefinition {
  return { ...definition, parameters: { additionalProperties: false, ...definition.parameters } };
}
