// Owns: what tests have at the other end of tools: a plain HTTP server and one that speaks the Model Context Protocol, on loopback.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";
import type { JsonObject } from "../../src/kernel/json.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Target {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Target> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export interface HttpTarget extends Target {
  readonly seen: SeenRequest[];
  /** Answers to `/slow` wait for it. */
  release(): void;
  /** Resolves when the server has got so many requests. */
  awaitSeen(count: number): Promise<void>;
}

/** /ok echoes, /slow waits for `release`, /hang never answers, /fail, /missing, /huge, /long, /text, /redirect and /away do what they are called. */
export async function startHttpTarget(): Promise<HttpTarget> {
  const seen: SeenRequest[] = [];
  const waiting: { readonly count: number; readonly found: () => void }[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = request.url ?? "";
    seen.push({ method: request.method ?? "", path, headers: request.headers, body });
    for (const { count, found } of waiting) if (seen.length >= count) found();
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (path.startsWith("/fail")) json(500, { problem: "out of order" });
    else if (path.startsWith("/missing")) json(404, { problem: "no such order" });
    else if (path.startsWith("/huge")) response.end("x".repeat(2_000_000));
    else if (path.startsWith("/long")) response.end("y".repeat(50_000));
    else if (path.startsWith("/text")) response.end("plain\0text");
    else if (path.startsWith("/redirect")) response.writeHead(302, { location: "/ok/redirected" }).end();
    else if (path.startsWith("/away")) response.writeHead(302, { location: "http://10.255.0.1/inside" }).end();
    else if (path.startsWith("/echo")) json(200, { headers: request.headers });
    else if (path.startsWith("/cut")) response.destroy();
    else if (path.startsWith("/slow")) {
      await released;
      json(200, { booked: true });
    } else if (!path.startsWith("/hang")) json(200, { path, body });
  }

  const target = await listen((request, response) => void answer(request, response));
  return {
    ...target,
    seen,
    release: () => {
      release();
    },
    awaitSeen: (count) => (seen.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, found: resolve }))),
  };
}

export interface McpTarget extends Target {
  readonly called: { readonly tool: string; readonly args: JsonObject; readonly authorization: string | undefined }[];
  readonly listings: () => number;
}

/** Its tools: find (read only), book, broken (says that it failed), hang (never answers), leak (says what it was sent), admin.delete. */
export async function startMcpTarget(): Promise<McpTarget> {
  const called: McpTarget["called"][number][] = [];
  let listings = 0;

  function createMcp(authorization: string | undefined): McpServer {
    const mcp = new McpServer({ name: "shop", version: "1.0.0" });
    const text = (value: string, isError = false) => ({ content: [{ type: "text" as const, text: value }], isError });
    const note = (tool: string, args: JsonObject): void => {
      called.push({ tool, args, authorization });
    };
    mcp.registerTool(
      "find",
      { description: "Finds a product", inputSchema: { word: z.string().max(20) }, annotations: { readOnlyHint: true } },
      ({ word }) => {
        note("find", { word });
        return text(`found ${word}`);
      },
    );
    mcp.registerTool("book", { description: "Books a table", inputSchema: { people: z.number().int() } }, ({ people }) => {
      note("book", { people });
      return text(JSON.stringify({ booked: people }));
    });
    mcp.registerTool("broken", { description: "Does not work" }, () => text("the oven is cold", true));
    mcp.registerTool("hang", { description: "Never answers" }, () => {
      note("hang", {});
      return new Promise<never>(() => undefined);
    });
    mcp.registerTool("leak", { description: "Repeats" }, () => text(`you sent ${authorization ?? "nothing"}`));
    mcp.registerTool("admin.delete", { description: "Deletes everything" }, () => text("gone"));
    return mcp;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const body: unknown = JSON.parse(await readBody(request));
    if (typeof body === "object" && body !== null && "method" in body && body.method === "tools/list") listings += 1;
    const mcp = createMcp(request.headers.authorization);
    const transport = new StreamableHTTPServerTransport();
    response.on("close", () => {
      void transport.close();
      void mcp.close();
    });
    await mcp.connect(transport);
    await transport.handleRequest(request, response, body);
  }

  const target = await listen((request, response) => void answer(request, response));
  return { ...target, called, listings: () => listings };
}
