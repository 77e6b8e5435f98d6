// Owns the media endpoints: upload with its limits, resolve, download with ranges, delete. Knows nothing of tokens and rules.
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import type { GraphOutcome } from "./graph-answer.ts";
import { missingParameter, unknownObject } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { MediaStore } from "./media-store.ts";
import type { MediaTricks } from "./media-tricks.ts";
import type { Settings } from "./settings.ts";

export interface MediaEndpoints {
  /** Undefined when it did not come in parts. The token may be one of them, and is put into the body of the request. */
  readonly readUpload: (request: FastifyRequest) => Promise<UploadForm | undefined>;
  readonly upload: (form: UploadForm | undefined, phoneNumberId: string) => GraphOutcome;
  /** Undefined when there is no such media. */
  readonly resolve: (request: FastifyRequest, id: string) => GraphOutcome | undefined;
  readonly download: (query: Readonly<Record<string, string | undefined>>, range: string | undefined) => GraphOutcome;
  readonly remove: (id: string) => GraphOutcome;
}

const megabyte = 1024 * 1024;
const documents = [
  "text/plain",
  "application/pdf",
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];
const maxBytesOf: ReadonlyMap<string, number> = new Map([
  ...["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"].map((type) => [type, 16 * megabyte] as const),
  ...["image/jpeg", "image/png"].map((type) => [type, 5 * megabyte] as const),
  ...["video/mp4", "video/3gpp"].map((type) => [type, 16 * megabyte] as const),
  ...documents.map((type) => [type, 100 * megabyte] as const),
  ["image/webp", 500 * 1024],
]);

export interface UploadForm {
  readonly product: string | undefined;
  readonly type: string | undefined;
  readonly file: { readonly bytes: Buffer; readonly mimeType: string; readonly truncated: boolean } | undefined;
}

async function readForm(request: FastifyRequest): Promise<UploadForm> {
  const fields = new Map<string, string>();
  let file: UploadForm["file"];
  for await (const part of request.parts()) {
    if (part.type === "file") {
      const bytes = await part.toBuffer();
      if (part.fieldname === "file") file = { bytes, mimeType: part.mimetype, truncated: part.file.truncated };
    } else if (typeof part.value === "string") fields.set(part.fieldname, part.value);
  }
  request.body = { access_token: fields.get("access_token") };
  return { product: fields.get("messaging_product"), type: fields.get("type"), file };
}

function formProblem({ product, type, file }: UploadForm): GraphProblem | undefined {
  if (product !== "whatsapp") return missingParameter("messaging_product");
  if (file === undefined) return missingParameter("file");
  const mimeType = type ?? file.mimeType;
  const max = maxBytesOf.get(mimeType.split(";")[0]?.trim().toLowerCase() ?? "");
  if (max === undefined) {
    const message = `(#100) Param file must be a file with one of the following types: ${[...maxBytesOf.keys()].join(", ")}. Received file of type '${mimeType}'.`;
    return { code: 100, message };
  }
  return file.truncated || file.bytes.length > max ? { code: 100, message: `(#100) Param file must be at most ${max} bytes.` } : undefined;
}

/** The part that a `Range` header asks for; undefined: the whole. */
function rangeOf(header: string | undefined, size: number): { readonly start: number; readonly end: number } | "unsatisfiable" | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (found === null || (found[1] === "" && found[2] === "")) return undefined;
  const start = found[1] === "" ? Math.max(size - Number(found[2]), 0) : Number(found[1]);
  const end = found[1] === "" || found[2] === "" ? size - 1 : Math.min(Number(found[2]), size - 1);
  return start > end || start >= size ? "unsatisfiable" : { start, end };
}

/** It begins, and does not end well; what hangs ends when whoever waits for it gives up. */
function halfOf(bytes: Buffer, { hang, cut }: Pick<MediaTricks, "hang" | "cut">): Readable {
  const body = new Readable({ read: () => undefined });
  if (hang !== "start") body.push(bytes.subarray(0, Math.ceil(bytes.length / 2)));
  if (cut !== undefined) setImmediate(() => body.destroy(new Error("cut off")));
  return body;
}

export function createMediaEndpoints(deps: { readonly settings: Settings; readonly store: MediaStore }): MediaEndpoints {
  const { settings, store } = deps;
  const empty = Buffer.alloc(0);
  return {
    readUpload: async (request) => (request.isMultipart() ? await readForm(request) : undefined),
    upload(form, phoneNumberId) {
      if (!settings.numbers.has(phoneNumberId)) return { problem: unknownObject(phoneNumberId, "POST") };
      if (form === undefined) return { problem: missingParameter("file") };
      const problem = formProblem(form);
      if (problem !== undefined || form.file === undefined) return { problem: problem ?? missingParameter("file") };
      const mimeType = form.type ?? form.file.mimeType;
      return { answer: { id: store.add({ mimeType, bytes: form.file.bytes, origin: "uploaded", phoneNumberId }).id } };
    },
    resolve(request, id) {
      const media = store.find(id);
      if (media === undefined) return undefined;
      const query = request.query;
      const asked = typeof query === "object" && query !== null && "phone_number_id" in query ? query.phone_number_id : undefined;
      if (asked !== undefined && media.phoneNumberId !== undefined && asked !== media.phoneNumberId)
        return { problem: unknownObject(id, "GET") };
      return {
        answer: {
          messaging_product: "whatsapp",
          url: media.tricks.url ?? `${request.protocol}://${request.host}${store.downloadPath(media)}`,
          mime_type: media.tricks.mimeType ?? media.mimeType,
          sha256: media.tricks.sha256 ?? media.sha256,
          file_size: String(media.tricks.fileSize ?? media.bytes.length),
          id: media.id,
        },
      };
    },
    download(query, range) {
      const { mid, ext, hash } = query;
      const media = store.findDownload({
        ...(mid !== undefined && { mid }),
        ...(ext !== undefined && { ext }),
        ...(hash !== undefined && { hash }),
      });
      if (media === undefined) return { bytes: Buffer.from("Not found"), status: 404, headers: { "content-type": "text/plain" } };
      const { redirect, hang, cut } = media.tricks;
      if (redirect !== undefined) return { bytes: empty, status: 302, headers: { location: redirect } };
      const headers = { "content-type": media.mimeType, "accept-ranges": "bytes" };
      if (hang !== undefined || cut !== undefined)
        return {
          bytes: halfOf(media.bytes, media.tricks),
          status: 200,
          headers: { ...headers, "content-length": String(media.bytes.length) },
        };
      const part = rangeOf(range, media.bytes.length);
      if (part === undefined) return { bytes: media.bytes, status: 200, headers };
      if (part === "unsatisfiable")
        return { bytes: empty, status: 416, headers: { ...headers, "content-range": `bytes */${media.bytes.length}` } };
      const contentRange = `bytes ${part.start}-${part.end}/${media.bytes.length}`;
      return { bytes: media.bytes.subarray(part.start, part.end + 1), status: 206, headers: { ...headers, "content-range": contentRange } };
    },
    remove: (id) => (store.remove(id) ? { answer: { success: true } } : { problem: unknownObject(id, "DELETE") }),
  };
}
