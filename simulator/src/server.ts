// Owns the HTTP server: body parsing, the loud 501 for what is not emulated, errors as sentences. Knows no route.
import multipart from "@fastify/multipart";
import fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { graphErrorBody } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import { InputError } from "./json-object.ts";
import { refuseForeignPages } from "./refuse-foreign-pages.ts";
import { readForm } from "./request-parameters.ts";

const defaultVersion = "v26.0";

const isControl = (request: FastifyRequest): boolean => request.url.startsWith("/sim/");

/** Answers 501 and names the request, so that nobody takes silence for success. */
export function answerNotEmulated(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.originalUrl.split("?")[0] ?? "";
  const hint = isControl(request) ? "The README lists the control API." : "The README lists the paths of the Graph API.";
  return reply.status(501).send({
    error: {
      message: `THE SIMULATOR DOES NOT EMULATE ${request.method} ${path}. ${hint}`,
      type: "SimulatorNotImplemented",
      code: 501,
      method: request.method,
      path,
    },
  });
}

const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;

/** As the platform does: a path without a version means the default one, and a slash at the end means nothing. */
function rewriteGraphUrl(url: string): string {
  const [path = "", ...query] = url.split("?");
  if (!/^\/(?:v\d+\.\d+\/)?\d+(?:\/|$)/.test(path)) return url;
  const versioned = path.startsWith("/v") ? path : `/${defaultVersion}${path}`;
  return [versioned.replace(/\/$/, ""), ...query].join("?");
}

export async function createServer(identifiers: Identifiers, allowedHosts: readonly string[] = []): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 32 * 1024 * 1024,
    rewriteUrl: ({ url = "" }) => rewriteGraphUrl(url),
    routerOptions: { ignoreTrailingSlash: false },
  });
  refuseForeignPages(app, allowedHosts);
  await app.register(multipart, { limits: { fileSize: 101 * 1024 * 1024, files: 1 }, throwFileSizeLimit: false });
  app.removeContentTypeParser(["application/json", "text/plain"]);
  // Any other type is read as JSON too: curl without a header should work.
  const parse = (_request: FastifyRequest, body: string, done: (error: Error | null, value?: unknown) => void): void => {
    try {
      done(null, body === "" ? undefined : JSON.parse(body));
    } catch (error) {
      done(new InputError(`The request body is not JSON: ${error instanceof Error ? error.message : String(error)}`));
    }
  };
  app.addContentTypeParser("application/json", { parseAs: "string" }, parse);
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (request, body: string, done) => {
    // What `curl -d '{…}'` sends is called a form, too.
    if (isControl(request) || /^\s*\{/.test(body)) parse(request, body, done);
    else done(null, readForm(new URLSearchParams(body)));
  });
  app.addContentTypeParser("*", { parseAs: "string" }, parse);
  app.setNotFoundHandler(answerNotEmulated);
  app.setErrorHandler((error: unknown, request, reply) => {
    const message = error instanceof Error ? error.message : String(error);
    const status = error instanceof InputError ? 400 : statusOf(error);
    if (isControl(request)) return reply.status(status).send({ error: { message } });
    const problem = status < 500 ? { code: 100, status: 400, message: `(#100) ${message}` } : { code: 131000, details: message };
    return reply.status(status < 500 ? 400 : 500).send(graphErrorBody(problem, identifiers.traceId()));
  });
  return app;
}
