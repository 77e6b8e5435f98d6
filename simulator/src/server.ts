// Owns the HTTP server: body parsing, the loud 501 for what is not emulated, errors as sentences. Knows no route.
import multipart from "@fastify/multipart";
import fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { graphErrorBody } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import { InputError } from "./json-object.ts";

const isControl = (request: FastifyRequest): boolean => request.url.startsWith("/sim/");

/** Answers 501 and names the request, so that nobody takes silence for success. */
export function answerNotEmulated(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?")[0] ?? "";
  const hint = isControl(request) ? "The README lists the control API." : "Graph paths begin with a version, such as /v26.0/.";
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

export async function createServer(identifiers: Identifiers): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 32 * 1024 * 1024,
    routerOptions: { ignoreTrailingSlash: false },
  });
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
