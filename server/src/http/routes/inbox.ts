// Owns: serving the built inbox below /inbox, with a content security policy that lets it run its own files and nothing else.
// Refuses to know: what the inbox does. It is a stranger that uses the API with a key of its own.
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOf, sendProblem } from "../problem.ts";

export interface InboxDeps {
  /** Where `vite build` put the inbox. Without a page in it, /inbox says how to build one. */
  readonly directory: string;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const NOT_BUILT = "The inbox has not been built on this machine. Run `npm run build -w inbox`, then start Onethread again.";

/** Give it a scope of its own: its headers are not for the API. */
export function registerInbox(scope: FastifyInstance, { directory }: InboxDeps): void {
  if (!existsSync(join(directory, "index.html"))) {
    for (const path of ["/inbox", "/inbox/*"]) {
      scope.get(path, { schema: { hide: true } }, (_request, reply) => sendProblem(reply, problemOf("not_found", NOT_BUILT)));
    }
    return;
  }
  scope.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", POLICY);
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "no-referrer");
  });
  scope.get("/inbox", { schema: { hide: true } }, (_request, reply) => reply.redirect("/inbox/"));
  scope.register(fastifyStatic, {
    root: directory,
    prefix: "/inbox/",
    decorateReply: false,
    schemaHide: true,
    cacheControl: false,
    setHeaders: cacheByName,
  });
}

/** Built files carry a hash of their content in their name; the page that names them must always be asked for. */
function cacheByName(reply: Pick<FastifyReply, "header">, path: string): void {
  reply.header("cache-control", /[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache");
}
