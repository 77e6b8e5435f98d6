// Owns: that text which PostgreSQL cannot hold (U+0000, half a surrogate pair) is refused at the edge of the API, for every route alike. Refuses to
// know: what the routes take.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Fault } from "../kernel/faults.ts";
import { isStorable } from "../kernel/storable-json.ts";

const SENTENCE = "holds the character U+0000 or half of a surrogate pair, which is no text. Nothing was changed; send it without.";

/** Register in the scope of the API: it runs after the body is parsed, before any schema is asked. */
export function refuseUnstorableText(api: FastifyInstance): void {
  api.addHook("preValidation", (request, _reply, done) => {
    const path = unstorableIn(request);
    if (path === undefined) done();
    else done(new Fault("bad_request", `${path} ${SENTENCE}`, { errors: [{ path, message: SENTENCE }] }));
  });
}

/** Where; undefined when everything can be kept. */
function unstorableIn({ body, query, params }: FastifyRequest): string | undefined {
  const open: { readonly path: string; readonly value: unknown }[] = [
    { path: "params", value: params },
    { path: "query", value: query },
    { path: "body", value: body },
  ];
  // No recursion: a body may nest a hundred thousand levels deep.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value } = next;
    if (typeof value === "string" && !isStorable(value)) return path;
    if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) continue;
    const isList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      if (!isList && !isStorable(key)) return path;
      // A path is for reading: it does not grow with the depth.
      if (typeof inner === "string" || typeof inner === "object")
        open.push({ path: path.length > 100 ? path : `${path}.${key}`, value: inner });
    }
  }
  return undefined;
}
