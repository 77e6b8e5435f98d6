// Owns the Resumable Upload API: a session of the app, the bytes of the file, a handle for them. Knows nothing of templates.
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphAnswer, GraphOutcome } from "./graph-answer.ts";
import { badValue, missingParameter, unknownObject } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";

export const appId = "100000000000001";

interface Session {
  readonly bytes: number;
  readonly type: string;
}

const types: ReadonlySet<string> = new Set(["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"]);
const mostBytes = 100 * 1024 * 1024;
/** A handle begins with a number. Nothing else does for one: no id of media, no address. */
export const isHandle = (value: unknown): boolean => typeof value === "string" && /^\d+::\S+$/.test(value);

interface UploadParams {
  readonly Params: { readonly version: string; readonly id: string };
  readonly Querystring: Readonly<Record<string, string | undefined>>;
}

export interface Uploads {
  /** Undefined: the id is none of an upload. */
  readonly receive: (request: FastifyRequest, id: string) => GraphOutcome | undefined;
}

export function registerUploadRoutes(
  app: FastifyInstance,
  deps: {
    readonly graph: GraphAnswer;
    readonly isVersion: (version: string) => boolean;
    readonly notEmulated: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
  },
): Uploads {
  const { graph, isVersion, notEmulated } = deps;
  const sessions = new Map<string, Session>();
  app.addContentTypeParser("application/octet-stream", { parseAs: "buffer", bodyLimit: mostBytes }, (_request, body, done) => {
    done(null, body);
  });

  const begin = (query: UploadParams["Querystring"]): GraphOutcome => {
    const { file_name: name, file_length: length = "", file_type: type = "" } = query;
    if (name === undefined || name === "") return { problem: missingParameter("file_name") };
    if (!types.has(type)) return { problem: { code: 100, message: `(#100) Param file_type must be one of {${[...types].join(", ")}}` } };
    const bytes = /^\d{1,12}$/.test(length) ? Number(length) : 0;
    if (bytes < 1 || bytes > mostBytes) return { problem: { code: 100, message: "(#100) Param file_length must be a size in bytes" } };
    const key = createHash("sha256").update(`${sessions.size}`).digest("base64url");
    const id = `upload:${key}?sig=${key.slice(0, 16)}`;
    sessions.set(id, { bytes, type });
    return { answer: { id } };
  };

  app.get<UploadParams>("/:version/app", (request, reply) => {
    if (!isVersion(request.params.version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "object" }, () => ({ answer: { id: appId } }));
  });

  app.post<UploadParams>("/:version/:id/uploads", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "templates" }, () =>
      id === appId ? begin(request.query) : { problem: unknownObject(id, "POST") },
    );
  });

  const problemOf = (session: Session | undefined, id: string, request: FastifyRequest): GraphProblem | undefined => {
    if (session === undefined) return unknownObject(id, "POST");
    if (request.headers["file_offset"] !== "0") return badValue("file_offset must be 0: nothing was uploaded yet");
    return Buffer.isBuffer(request.body) && request.body.length === session.bytes
      ? undefined
      : badValue(`the file must have the ${session.bytes} bytes that were announced`);
  };

  return {
    receive(request, id) {
      if (!id.startsWith("upload:")) return undefined;
      const search = request.url.split("?")[1];
      const key = search === undefined ? id : `${id}?${search}`;
      const session = sessions.get(key);
      const problem = problemOf(session, id, request);
      if (problem !== undefined || session === undefined) return { problem: problem ?? unknownObject(id, "POST") };
      sessions.delete(key);
      const digest = createHash("sha256")
        .update(Buffer.isBuffer(request.body) ? request.body : "")
        .digest("base64url");
      return { answer: { h: `4::${Buffer.from(session.type).toString("base64url")}:${digest}` } };
    },
  };
}
