// Owns: one connection to a server that speaks the Model Context Protocol, over streamable HTTP through the guarded fetch.
// Refuses to know: which business it is for, and what is done with the answers.
import type { JsonObject } from "../kernel/json.ts";
import { boundFetch } from "../outside/bound-fetch.ts";
import { type OutsideHttp } from "../outside/outside-http.ts";
import { OutsideError } from "../outside/outside-error.ts";
import { isObject } from "../kernel/read-json.ts";
import { fillTemplate, placeholdersOf } from "./fill-template.ts";
import { neverLeft } from "./http-tool.ts";
import type { McpDefinition } from "./tool-definition.ts";
import { lookUpSecrets, type CallSecrets, type FindSecret } from "./tool-secrets.ts";

export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** The server says that it changes nothing. */
  readonly isReadOnly: boolean;
}

export interface McpConnection {
  readonly secrets: CallSecrets;
  list(): Promise<readonly ListedTool[]>;
  /** The server's answer; throws a `McpFault`. */
  call(request: { readonly name: string; readonly args: JsonObject; readonly signal: AbortSignal }): Promise<McpAnswer>;
  close(): Promise<void>;
}

export interface McpAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** `message` may be logged and shown: no address beyond the host, no body, no secret. */
export class McpFault extends Error {
  /** not_sent: the call never left; refused: the server answered that it did not work; lost: nobody knows. */
  readonly fate: "not_sent" | "refused" | "lost";

  constructor(message: string, options: { readonly fate: McpFault["fate"]; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "McpFault";
    this.fate = options.fate;
  }
}

export interface McpConnectionOptions {
  readonly definition: McpDefinition;
  readonly outside: Pick<OutsideHttp, "fetch">;
  readonly findSecret: FindSecret;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MAX_ANSWER_BYTES = 2_000_000;
const MAX_PAGES = 10;
const MAX_TOOLS = 200;

/** Connects at once; throws a `McpFault` when that does not work. */
export async function connectMcp({ definition, outside, findSecret, timeoutMs, signal }: McpConnectionOptions): Promise<McpConnection> {
  const host = new URL(definition.url).host;
  const secrets = await lookUpSecrets(
    Object.values(definition.headers)
      .flatMap(placeholdersOf)
      .flatMap(({ kind, name }) => (kind === "secret" ? [name] : [])),
    findSecret,
  );
  if (secrets.missing.length > 0)
    throw new McpFault(`The tool is not set up: the secret ${secrets.missing.join(", ")} is missing.`, { fate: "not_sent" });
  const headers = Object.fromEntries(
    Object.entries(definition.headers).map(([key, text]) => [key, fillTemplate(text, ({ name }) => secrets.values.get(name) ?? "")]),
  );
  const limited = AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]);
  // Loaded when the first business has such a server: most processes never need it.
  const { createMCPClient } = await import("@ai-sdk/mcp");
  const client = await createMCPClient({
    transport: { type: "http", url: definition.url, headers, redirect: "error", fetch: boundFetch(outside.fetch, MAX_ANSWER_BYTES) },
    initializationOptions: { signal: limited, timeout: timeoutMs },
    clientName: "onethread",
    onUncaughtError: () => undefined,
  }).catch((error: unknown) => {
    throw explainMcp(error, { host, signal: limited, hasLeft: false });
  });
  return {
    secrets,
    async list() {
      const found: ListedTool[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES && found.length < MAX_TOOLS; page += 1) {
        const answer = await client
          .listTools({ ...(cursor === undefined ? {} : { params: { cursor } }), options: { signal: limited, timeout: timeoutMs } })
          .catch((error: unknown) => {
            throw explainMcp(error, { host, signal: limited, hasLeft: false });
          });
        found.push(...answer.tools.map(listedTool));
        cursor = answer.nextCursor;
        if (cursor === undefined) break;
      }
      return found.slice(0, MAX_TOOLS);
    },
    async call({ name, args, signal: callSignal }) {
      const bound = AbortSignal.any([AbortSignal.timeout(timeoutMs), callSignal]);
      const answer = await client
        .callTool({ name, arguments: args, options: { signal: bound, timeout: timeoutMs } })
        .catch((error: unknown) => {
          throw explainMcp(error, { host, signal: bound, hasLeft: true });
        });
      return { text: textOfAnswer(answer), isError: "isError" in answer && answer.isError === true };
    },
    close: () => client.close().catch(() => undefined),
  };
}

interface ServerTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: object;
  readonly annotations?: { readonly readOnlyHint?: boolean | undefined } | undefined;
}

function listedTool({ name, description = "", inputSchema, annotations }: ServerTool): ListedTool {
  const schema = JSON.parse(JSON.stringify(inputSchema)) as JsonObject;
  return { name, description: description.slice(0, 2_000), inputSchema: schema, isReadOnly: annotations?.readOnlyHint === true };
}

/** What a model can read of it: texts as they are, of everything else its kind. */
function textOfAnswer(answer: object): string {
  if ("structuredContent" in answer && isObject(answer.structuredContent)) return JSON.stringify(answer.structuredContent);
  const content: readonly unknown[] = "content" in answer && Array.isArray(answer.content) ? answer.content : [];
  if (content.length === 0 && "toolResult" in answer) return JSON.stringify(answer.toolResult);
  return content.map(textOfPart).join("\n");
}

function textOfPart(part: unknown): string {
  if (!isObject(part)) return "";
  const { type, text, resource } = part;
  if (typeof text === "string") return text;
  if (isObject(resource) && typeof resource["text"] === "string") return resource["text"];
  return `(${typeof type === "string" ? type : "something"} that cannot be shown)`;
}

interface McpRequest {
  readonly host: string;
  readonly signal: AbortSignal;
  /** The request that failed was the call itself. */
  readonly hasLeft: boolean;
}

// A server's own words are never repeated: they may quote what it was sent.
function explainMcp(error: unknown, { host, signal, hasLeft }: McpRequest): McpFault {
  const fault = (message: string, fate: McpFault["fate"]): McpFault =>
    new McpFault(message, { fate: hasLeft ? fate : "not_sent", cause: error });
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OutsideError) return fault(cause.message, neverLeft(cause) ? "not_sent" : "lost");
    if ("statusCode" in cause && typeof cause.statusCode === "number") return fault(`${host} answered ${cause.statusCode}.`, "refused");
    // The platform's own time-outs carry a number too: that of their kind, not of a server's answer.
    if (!(cause instanceof DOMException) && "code" in cause && typeof cause.code === "number")
      return fault(`${host} refused the call with code ${cause.code}.`, "refused");
  }
  if (signal.aborted || (error instanceof Error && error.message.includes("timed out")))
    return fault(`${host} did not answer in time.`, "lost");
  const isConnectFailure = neverLeft(new OutsideError("unreachable", "", { cause: error }));
  return fault(`${host} could not be reached, or did not speak the protocol.`, isConnectFailure ? "not_sent" : "lost");
}
