// Owns: a real HTTP server that speaks the OpenAI protocol (chat completions with streams, tools and usage; embeddings), played by a script, with
// everything that goes wrong on the way. It keeps what it was asked. Knows nothing of ours.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { embedWords } from "./embed-words.ts";

export interface OpenAiMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[];
  readonly tool_call_id?: string;
}

export interface OpenAiRequest {
  /** Counts from 0, chat completions only. */
  readonly index: number;
  readonly model: string;
  readonly messages: readonly OpenAiMessage[];
  /** Names of the tools on offer; none when it may not call any. */
  readonly tools: readonly string[];
  readonly stream: boolean;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** As it came over the wire. */
  readonly raw: string;
  /** All text of a role, for scripts that look for something. */
  text(role?: string): string;
}

interface Timing {
  /** Before anything is answered. */
  readonly delayMs?: number;
  /** Between words; 0: all at once. */
  readonly tokenMs?: number;
  readonly usage?: { readonly input: number; readonly output: number } | null;
}

export type OpenAiReply =
  | (Timing & { readonly text: string; readonly finishReason?: string })
  /** `args` as text is sent as it is: this is how arguments go wrong. */
  | (Timing & { readonly calls: readonly { readonly name: string; readonly args: unknown }[]; readonly text?: string })
  | (Timing & { readonly fault: "status"; readonly status: number; readonly retryAfter?: string; readonly message?: string })
  /** `silent`: no headers ever; `hang`: headers and a few words, then nothing; `cut`: a few words, then the connection breaks;
   *  `end`: a few words, then a proper end without a finish; `bad-json`: a chunk that is none; `not-json`: 200 with a page; `empty`: a finish only. */
  | (Timing & { readonly fault: "silent" | "hang" | "cut" | "end" | "bad-json" | "not-json" | "empty" });

export type OpenAiScript = (request: OpenAiRequest) => OpenAiReply | string | Promise<OpenAiReply | string>;

/** A sound that was to be transcribed. */
export interface OpenAiSound {
  readonly model: string;
  readonly fileName: string;
  readonly bytes: Buffer;
}

export interface OpenAiServer {
  /** With `/v1`: what a business writes into `baseUrl`. */
  readonly baseUrl: string;
  /** `127.0.0.1:port`, for ONETHREAD_PRIVATE_HOSTS. */
  readonly host: string;
  readonly requests: readonly OpenAiRequest[];
  /** Texts of every embeddings request, in order. */
  readonly embedded: readonly string[];
  /** Exchanges that are open now; the most that ever were; those that the client gave up. */
  readonly counts: { readonly open: number; readonly most: number; readonly aborted: number };
  script: OpenAiScript;
  readonly sounds: readonly OpenAiSound[];
  /** What is heard in a sound; a number: the status with which it is refused. */
  hear: (sound: OpenAiSound) => string | number | Promise<string | number>;
  /** Resolves when `n` chat requests have come, all told. */
  untilRequests(n: number): Promise<void>;
  /** Resolves when clients have given up `n` exchanges, all told. */
  untilAborted(n: number): Promise<void>;
  stop(): Promise<void>;
}

export interface OpenAiServerOptions {
  /** Default: answers "You said: …" with the last user message's last line. */
  readonly script?: OpenAiScript;
  /** When set, everyone else gets 401. */
  readonly apiKey?: string;
  /** For load tests: do not keep the requests. */
  readonly keepRequests?: boolean;
  /** Of the embeddings; the caller's own wish (`dimensions`) wins. */
  readonly dimensions?: number;
  /** Told of each chat request that was answered to its end: the time from its arrival until the last byte was handed to the system. */
  readonly onAnswered?: (request: OpenAiRequest, ms: number) => void;
}

const textOf = (content: unknown): string => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (part as { readonly text?: string }).text ?? "").join("");
};

const echo: OpenAiScript = (request) => `You said: ${request.text("user").split("\n").at(-1) ?? ""}`;

interface Gauge {
  readonly value: () => number;
  raise(by: number): void;
  until(n: number): Promise<void>;
}

function createGauge(): Gauge {
  let value = 0;
  const waiting = new Set<{ readonly n: number; readonly resolve: () => void }>();
  return {
    value: () => value,
    raise(by) {
      value += by;
      for (const waiter of waiting)
        if (value >= waiter.n) {
          waiting.delete(waiter);
          waiter.resolve();
        }
    },
    until: (n) => (value >= n ? Promise.resolve() : new Promise((resolve) => waiting.add({ n, resolve }))),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function readSound(body: Buffer, type = ""): Promise<OpenAiSound> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  const [file, model] = [form.get("file"), form.get("model")];
  if (!(file instanceof File) || typeof model !== "string") throw new Error("no file came, or no model was named");
  return { model, fileName: file.name, bytes: Buffer.from(await file.arrayBuffer()) };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const errorOf = (message: string, code: string | null = null): unknown => ({ error: { message, type: "invalid_request_error", code } });

/** Broken by the script, not given up by the client. */
const broken = new WeakSet<ServerResponse>();

function breakOff(response: ServerResponse): void {
  broken.add(response);
  response.destroy();
}

/** Resolves after `ms`, or at once when the client has gone. */
function pause(response: ServerResponse, ms: number): Promise<void> {
  if (ms <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.once("close", done);
  });
}

const words = (text: string): readonly string[] => text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];

interface Finished {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly finish: string;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number } | null;
}

function finished(request: OpenAiRequest, reply: OpenAiReply): Finished {
  const text = "text" in reply ? (reply.text ?? "") : "";
  const calls = ("calls" in reply ? reply.calls : []).map(({ name, args }, index) => ({
    id: `call_${request.index}_${index}`,
    name,
    args: typeof args === "string" ? args : JSON.stringify(args),
  }));
  const counted = reply.usage ?? { input: Math.ceil(request.raw.length / 4), output: Math.ceil(text.length / 4) };
  const usage = { prompt_tokens: counted.input, completion_tokens: counted.output, total_tokens: counted.input + counted.output };
  const natural = calls.length > 0 ? "tool_calls" : "stop";
  const finish = "finishReason" in reply ? (reply.finishReason ?? natural) : natural;
  return { text, calls, finish, usage: reply.usage === null ? null : usage };
}

function envelope(request: OpenAiRequest, object: string): Readonly<Record<string, unknown>> {
  return { id: `chatcmpl-${request.index}`, object, created: 1_790_000_000, model: request.model };
}

function sendWhole(request: OpenAiRequest, reply: OpenAiReply, response: ServerResponse): void {
  const { text, calls, finish, usage } = finished(request, reply);
  const tools = calls.map(({ id, name, args }) => ({ id, type: "function", function: { name, arguments: args } }));
  const message = { role: "assistant", content: text === "" ? null : text, ...(tools.length === 0 ? {} : { tool_calls: tools }) };
  sendJson(response, 200, {
    ...envelope(request, "chat.completion"),
    choices: [{ index: 0, message, finish_reason: finish }],
    ...(usage === null ? {} : { usage }),
  });
}

async function sendStream(request: OpenAiRequest, reply: OpenAiReply, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const send = (data: Readonly<Record<string, unknown>>): void => {
    response.write(`data: ${JSON.stringify({ ...envelope(request, "chat.completion.chunk"), ...data })}\n\n`);
  };
  const delta = (change: Readonly<Record<string, unknown>>, finish: string | null = null): void =>
    send({ choices: [{ index: 0, delta: change, finish_reason: finish }] });
  delta({ role: "assistant", content: "" });
  const fault = "fault" in reply ? reply.fault : undefined;
  if (fault !== undefined && fault !== "empty") {
    delta({ content: "Let me" });
    if (fault === "bad-json") response.write('data: {"choices":[{"index":0,"delta":{"content":" loo\n\n');
    // The words have to be on their way before the connection breaks, or it would look like one that never answered.
    else if (fault === "cut") response.write(": the end\n\n", () => breakOff(response));
    if (fault === "end" || fault === "bad-json") response.end();
    return;
  }
  const { text, calls, finish, usage } = finished(request, reply);
  if (text !== "")
    for (const part of (reply.tokenMs ?? 0) > 0 ? words(text) : [text]) {
      await pause(response, reply.tokenMs ?? 0);
      if (response.destroyed) return;
      delta({ content: part });
    }
  for (const [index, { id, name, args }] of calls.entries()) {
    delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] });
    delta({ tool_calls: [{ index, function: { arguments: args } }] });
  }
  delta({}, finish);
  if (usage !== null) send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}

async function play(request: OpenAiRequest, reply: OpenAiReply, response: ServerResponse): Promise<void> {
  await pause(response, reply.delayMs ?? 0);
  if (response.destroyed) return;
  if (!("fault" in reply)) {
    if (request.stream) await sendStream(request, reply, response);
    else sendWhole(request, reply, response);
  } else if (reply.fault === "status") {
    if (reply.retryAfter !== undefined) response.setHeader("retry-after", reply.retryAfter);
    sendJson(response, reply.status, errorOf(reply.message ?? "refused"));
  } else if (reply.fault === "not-json") response.writeHead(200, { "content-type": "text/html" }).end("<html>proxy</html>");
  else if (reply.fault !== "silent") {
    if (request.stream) await sendStream(request, reply, response);
    else if (reply.fault === "empty") sendWhole(request, { text: "" }, response);
    else if (reply.fault === "bad-json") response.writeHead(200, { "content-type": "application/json" }).end('{"choices":[{');
    else response.writeHead(200, { "content-type": "application/json" }).write("{", () => reply.fault !== "hang" && breakOff(response));
  }
}

function readChat(raw: string, headers: IncomingMessage["headers"], index: number): OpenAiRequest {
  const body = JSON.parse(raw) as Record<string, unknown>;
  const messages = body["messages"] as OpenAiMessage[];
  const tools = (body["tools"] ?? []) as { readonly function: { readonly name: string } }[];
  return {
    index,
    model: body["model"] as string,
    messages,
    tools: body["tool_choice"] === "none" ? [] : tools.map((tool) => tool.function.name),
    stream: body["stream"] === true,
    headers: headers as Record<string, string | undefined>,
    body,
    raw,
    text: (role) =>
      messages
        .filter((message) => role === undefined || message.role === role)
        .map((message) => textOf(message.content))
        .join("\n"),
  };
}

export async function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  const { apiKey, keepRequests = true, dimensions = 256 } = options;
  const requests: OpenAiRequest[] = [];
  const embedded: string[] = [];
  const sounds: OpenAiSound[] = [];
  const counts = { open: 0, most: 0, aborted: 0 };
  const [asked, aborted] = [createGauge(), createGauge()];

  async function chat(raw: string, headers: IncomingMessage["headers"], response: ServerResponse): Promise<void> {
    const request = readChat(raw, headers, asked.value());
    response.once("finish", () => options.onAnswered?.(request, performance.now() - (arrivedAt.get(response) ?? NaN)));
    if (keepRequests) requests.push(request);
    asked.raise(1);
    const reply = await server.script(request);
    await play(request, typeof reply === "string" ? { text: reply } : reply, response);
  }

  function embeddings(raw: string, response: ServerResponse): void {
    const body = JSON.parse(raw) as { readonly input: string | readonly string[]; readonly model: string; readonly dimensions?: number };
    const inputs = typeof body.input === "string" ? [body.input] : body.input;
    embedded.push(...inputs);
    const data = inputs.map((text, index) => ({
      object: "embedding",
      index,
      embedding: embedWords(text, body.dimensions ?? dimensions),
    }));
    sendJson(response, 200, { object: "list", data, model: body.model, usage: { prompt_tokens: 1, total_tokens: 1 } });
  }

  async function transcription(body: Buffer, type: string | undefined, response: ServerResponse): Promise<void> {
    const sound = await readSound(body, type);
    sounds.push(sound);
    const heard = await server.hear(sound);
    if (typeof heard === "string") sendJson(response, 200, { text: heard });
    else sendJson(response, heard, errorOf("refused"));
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const raw = body.toString("utf8");
    if (apiKey !== undefined && incoming.headers.authorization !== `Bearer ${apiKey}`)
      sendJson(response, 401, errorOf("Incorrect API key provided", "invalid_api_key"));
    else if (incoming.url === "/v1/chat/completions") await chat(raw, incoming.headers, response);
    else if (incoming.url === "/v1/embeddings") embeddings(raw, response);
    else if (incoming.url === "/v1/audio/transcriptions") await transcription(body, incoming.headers["content-type"], response);
    else sendJson(response, 404, errorOf("Not found"));
  }

  const arrivedAt = new WeakMap<ServerResponse, number>();
  const http = createServer((incoming, response) => {
    arrivedAt.set(response, performance.now());
    counts.open += 1;
    counts.most = Math.max(counts.most, counts.open);
    response.once("close", () => {
      counts.open -= 1;
      if (response.writableFinished || broken.has(response)) return;
      counts.aborted += 1;
      aborted.raise(1);
    });
    answer(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, errorOf(`the script failed: ${String(error)}`));
    });
  });
  await new Promise<void>((resolve) => http.listen({ port: 0, host: "127.0.0.1", backlog: 2_048 }, resolve));
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;

  const server: OpenAiServer = {
    baseUrl: `http://${host}/v1`,
    host,
    requests,
    embedded,
    counts,
    script: options.script ?? echo,
    sounds,
    hear: () => "Do you open on Saturday?",
    untilRequests: (n) => asked.until(n),
    untilAborted: (n) => aborted.until(n),
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}
