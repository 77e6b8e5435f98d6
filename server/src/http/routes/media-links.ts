// Owns: handing out a file to whoever has a link to it, a part of it too, and never as anything that a browser would run. Refuses to know: who was given the link
// (serve-media.ts), and where the file is kept.
import { Readable } from "node:stream";
import { create as contentDisposition } from "content-disposition";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isUuid } from "../../kernel/ids.ts";
import { Fault } from "../../kernel/faults.ts";
import type { Log } from "../../kernel/log.ts";
import { isShown, UNKNOWN_TYPE } from "../../media/media-kinds.ts";
import type { ByteRange } from "../../media/media-store.ts";
import type { ServedFile, ServeMedia } from "../../media/serve-media.ts";

export interface MediaLinksDeps {
  readonly serveMedia: ServeMedia;
  readonly log: Log;
}

interface Address {
  readonly Params: { readonly business: string; readonly id: string; readonly variant: string };
  readonly Querystring: { readonly expires?: string; readonly signature?: string };
}

/** Whatever is in the file: it gets no script, no form, no frame, no origin. */
const POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";
/** The link itself is good for so long at least. */
const CACHED_S = 3_600;

/** Give it a scope of its own: its headers are not for the API. */
export function registerMediaLinks(scope: FastifyInstance, { serveMedia, log }: MediaLinksDeps): void {
  scope.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", POLICY);
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "no-referrer");
    // Whoever has the link may show it, on whatever page.
    reply.header("cross-origin-resource-policy", "cross-origin");
  });
  scope.get<Address>("/media/:business/:id/:variant", { schema: { hide: true } }, async (request, reply) => {
    const { businessId, id, file } = await find(request);
    const etag = `"${file.sha256}${file.variant === "thumbnail" ? "-t" : ""}"`;
    reply.header("etag", etag).header("cache-control", `private, max-age=${String(CACHED_S)}, immutable`);
    if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    const isWhole = request.headers["if-range"] !== undefined && request.headers["if-range"] !== etag;
    const range = isWhole || file.bytes === null ? undefined : readRange(request.headers.range, file.bytes);
    if (file.bytes !== null) reply.header("accept-ranges", "bytes");
    if (range === "unsatisfiable")
      return reply
        .code(416)
        .header("content-range", `bytes */${String(file.bytes)}`)
        .send();
    describe(reply, file, range);
    // A stream, so that the length stays what it was said to be.
    if (request.method === "HEAD") return reply.send(Readable.from([]));
    const stream = await file.open(range).catch((cause: unknown) => {
      throw withoutFile(
        reply,
        new Fault("unavailable", "Where files are kept does not answer at the moment. Ask for this one again.", { cause }),
      );
    });
    if (stream === undefined) {
      log.error({ businessId, mediaId: id }, "media.file-missing");
      throw withoutFile(reply, noFile());
    }
    return reply.send(stream);
  });

  async function find(
    request: FastifyRequest<Address>,
  ): Promise<{ readonly businessId: string; readonly id: string; readonly file: ServedFile }> {
    const { business: businessId, id, variant } = request.params;
    const { expires, signature } = request.query;
    if (!isUuid(businessId) || !isUuid(id) || (variant !== "file" && variant !== "thumbnail")) throw noFile();
    if (typeof expires !== "string" || typeof signature !== "string" || !/^\d{1,12}$/.test(expires)) throw noFile();
    const outcome = await serveMedia({ businessId, id, variant, expires, signature });
    if (outcome.outcome === "found") return { businessId, id, file: outcome.file };
    if (outcome.outcome === "expired")
      throw new Fault("link_expired", "This link to a file was good for about an hour. Ask for the message again: it has a new one.");
    throw noFile();
  }
}

const noFile = (): Fault => new Fault("not_found", "There is no such file, or the link to it is not whole.");

/** Nobody may keep this answer, or take it for a part of the file. */
function withoutFile(reply: FastifyReply, fault: Fault): Fault {
  for (const name of ["etag", "cache-control", "accept-ranges", "content-length", "content-range", "content-disposition"])
    reply.removeHeader(name);
  return fault;
}

function describe(reply: FastifyReply, file: ServedFile, range: ByteRange | undefined): void {
  const { mimeType, bytes, fileName } = file;
  const shown = isShown(mimeType);
  const type = shown ? "inline" : "attachment";
  reply.header("content-type", shown ? mimeType : UNKNOWN_TYPE);
  reply.header(
    "content-disposition",
    contentDisposition(file.variant === "thumbnail" || fileName === null ? undefined : fileName, { type }),
  );
  if (bytes === null) return;
  if (range === undefined) reply.header("content-length", bytes);
  else
    reply
      .code(206)
      .header("content-length", range.end - range.start + 1)
      .header("content-range", `bytes ${String(range.start)}-${String(range.end)}/${String(bytes)}`);
}

/** One part; several at once are answered with the whole, as whoever serves may. */
function readRange(header: string | undefined, bytes: number): ByteRange | "unsatisfiable" | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (found === null || (found[1] === "" && found[2] === "")) return undefined;
  const isTail = found[1] === "";
  const start = isTail ? Math.max(0, bytes - Number(found[2])) : Number(found[1]);
  const end = isTail || found[2] === "" ? bytes - 1 : Math.min(Number(found[2]), bytes - 1);
  return start > end ? "unsatisfiable" : { start, end };
}
