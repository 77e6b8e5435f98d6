// Owns: the description of the API, as OpenAPI and as a page for people. The page needs no script and no network.
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isArray, isObject, readArray, readObject, readString } from "../../kernel/read-json.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}
h2{margin-top:2.5rem}code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f4f5f7;padding:.75rem;overflow:auto;border-radius:.4rem}
summary{cursor:pointer;padding:.35rem 0}summary b{display:inline-block;min-width:4rem}td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e4e6eb;background:#18191a}pre{background:#242526}a{color:#8ab4f8}}`;

interface Page {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

/**
 * `describe` answers the OpenAPI document; it is asked once, as soon as the app listens, so that no reader waits for it: it takes a fifth of a second. An app that only answers
 * injected requests, as most of the tests' do, is not made to write what nobody reads. Strangers may read both pages as often as they like.
 */
export function registerDescriptionRoutes(app: FastifyInstance, describe: () => JsonObject): void {
  let written: ReadonlyMap<string, Page> | undefined;
  const pages = (): ReadonlyMap<string, Page> => (written ??= writePages(describe()));
  app.addHook("onListen", (done) => {
    pages();
    done();
  });
  for (const path of ["/openapi.json", "/docs"]) {
    app.get(path, { schema: { hide: true } }, (request, reply) => sendPage(pages().get(path), request, reply));
  }
}

function writePages(document: JsonObject): ReadonlyMap<string, Page> {
  return new Map([
    ["/openapi.json", pageOf("application/json; charset=utf-8", JSON.stringify(document))],
    ["/docs", pageOf("text/html; charset=utf-8", renderDocs(document))],
  ]);
}

function pageOf(type: string, text: string): Page {
  const bytes = Buffer.from(text);
  return { type, bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
}

function sendPage(page: Page | undefined, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (page === undefined) throw new Error("there is no such page of the description");
  // no-cache: kept by the browser, and asked for again each time.
  reply.header("etag", page.etag).header("cache-control", "no-cache");
  if (isKnown(request.headers["if-none-match"], page.etag)) return reply.code(304).send();
  return reply.type(page.type).send(page.bytes);
}

/** A proxy that compresses makes a tag weak; for a GET a weak one is as good. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}

function renderDocs(document: JsonObject): string {
  const info = readObject(document, "info");
  const title = escape(`${readString(info, "title") ?? "API"} ${readString(info, "version") ?? ""}`);
  const operations = Object.entries(readObject(document, "paths") ?? {}).flatMap(([path, methods]) =>
    isObject(methods) ? Object.entries(methods).map(([method, operation]) => renderOperation(method, path, operation)) : [],
  );
  const schemas = Object.entries(readObject(readObject(document, "components"), "schemas") ?? {}).map(
    ([name, schema]) => `<details id="${escape(name)}"><summary>${escape(name)}</summary>${renderJson(schema)}</details>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body><h1>${title}</h1>
<p>${escape(readString(info, "description") ?? "")} The same for machines: <a href="/openapi.json">/openapi.json</a>.</p>
<h2>Operations</h2>${operations.join("\n")}<h2>Shapes</h2>${schemas.join("\n")}</body></html>`;
}

function renderOperation(method: string, path: string, operation: Json): string {
  if (!isObject(operation)) return "";
  const rows = (readArray(operation, "parameters") ?? []).flatMap((parameter) => {
    if (!isObject(parameter)) return [];
    const cells = [readString(parameter, "name"), readString(parameter, "in"), readString(parameter, "description")];
    return [`<tr>${cells.map((cell) => `<td>${escape(cell ?? "")}</td>`).join("")}</tr>`];
  });
  const body = readObject(operation, "requestBody");
  return `<details><summary><b>${escape(method.toUpperCase())}</b> <code>${escape(path)}</code> ${escape(readString(operation, "summary") ?? "")}</summary>
<table>${rows.join("")}</table>${body === undefined ? "" : `<p>Body</p>${renderJson(body)}`}<p>Answers</p>${renderJson(operation["responses"] ?? {})}</details>`;
}

function renderJson(value: Json): string {
  return `<pre>${escape(JSON.stringify(isArray(value) ? [...value] : value, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
