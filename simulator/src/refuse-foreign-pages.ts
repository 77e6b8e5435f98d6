// Owns who may talk to a simulator from a browser: nobody but its own pages. It needs no login on the control API, and every page that is open
// in a browser on this machine can reach it: without a look at the answer (no-cors), or by a name of its own that leads here (DNS rebinding).
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Names that no stranger can own: without a dot (as between containers), or below these. */
const ownNames = /^[a-z0-9_-]+$|\.(?:localhost|internal|test|cluster\.local)$/i;

function isOwnHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return isIP(name) !== 0 || ownNames.test(name) || allowed.includes(name.toLowerCase());
}

const isFromBrowser = ({ headers }: FastifyRequest): boolean => headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;

function foreignness(request: FastifyRequest, allowed: readonly string[]): string | undefined {
  const { host, origin, "sec-fetch-site": site } = request.headers;
  if (!isOwnHost(host, allowed)) return `the Host ${String(host)} is not a name of this machine; allow it with --allow-host`;
  if (origin !== undefined && origin !== `http://${String(host)}`) return `it comes from a page of ${origin}`;
  return site === undefined || site === "same-origin" || site === "none" ? undefined : "it comes from a page of somebody else";
}

const isChange = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);

/** Refuses before a body is read. Programs send neither an Origin nor Sec-Fetch-Site, and go on as before. */
export function refuseForeignPages(app: FastifyInstance, allowedHosts: readonly string[] = []): void {
  const allowed = allowedHosts.map((host) => host.toLowerCase());
  app.addHook("onRequest", async (request, reply) => {
    const why = foreignness(request, allowed);
    if (why !== undefined) return reply.status(403).send({ error: { message: `The simulator refuses this request: ${why}.`, code: 403 } });
    const isJson = /^application\/json\s*(?:;|$)/i.test(request.headers["content-type"] ?? "");
    if (!isFromBrowser(request) || !isChange(request.method) || isJson) return undefined;
    return reply.status(415).send({ error: { message: "From a browser the simulator takes application/json only.", code: 415 } });
  });
}
