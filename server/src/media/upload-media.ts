// Owns: taking in a file that a business wants to send: bounded, scanned, known by its first bytes, in the store, and then in its row. What fails leaves nothing that
// stays. Refuses to know: HTTP, and which message will send it.
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { FairPlaces } from "../kernel/fair-places.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import { MEDIA_KINDS } from "../whatsapp/media-check.ts";
import { plainFileName } from "./file-name.ts";
import { discardFile, type KeepFile } from "./keep-file.ts";
import { kindOfFile, plainType } from "./media-kinds.ts";
import { MediaProblem } from "./media-problem.ts";
import { beginUpload, finishUpload } from "./media-out.queries.ts";
import { findMedia } from "./media.queries.ts";
import { mediaSchema, mediaViewOf } from "./media-view.ts";
import type { Spool } from "./spool-file.ts";

/** The largest file that WhatsApp takes of any kind (platform sheet, section 7). */
export const MOST_UPLOAD_BYTES = 100 * 1024 * 1024;

export const uploadedMediaSchema = mediaSchema
  .extend({
    kind: z.enum(MEDIA_KINDS).describe('The type of message that suits it: {"type":"image","image":{"id":"…"}}.'),
    sha256: z.string().describe("Hexadecimal, of the bytes that came."),
  })
  .meta({ id: "UploadedMedia" });

export type UploadedMedia = Readonly<z.output<typeof uploadedMediaSchema>>;

export interface UploadRequest {
  readonly businessId: BusinessId;
  /** Read to its end, or given up: then it throws. */
  readonly body: AsyncIterable<Uint8Array>;
  /** What whoever sent it says of it. */
  readonly mimeType: string | undefined;
  readonly fileName: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws a MediaProblem, or what reading `body` throws. `busy`: too many files come in at the moment; nothing of this one was read. */
export type UploadMedia = (request: UploadRequest) => Promise<UploadedMedia | "busy">;

export interface UploadMediaDeps {
  readonly database: Database;
  readonly spool: Spool;
  readonly keepFile: KeepFile;
  readonly places: FairPlaces;
}

export function createUploadMedia({ database, spool, keepFile, places }: UploadMediaDeps): UploadMedia {
  async function take({ businessId, body, mimeType, fileName, signal }: UploadRequest): Promise<UploadedMedia> {
    const db = database.forBusiness(businessId);
    const said = plainType(mimeType);
    const file = await spool.write(body, MOST_UPLOAD_BYTES);
    try {
      if (file.bytes === 0) throw new MediaProblem("incomplete", "The file has not a single byte.");
      const id = newId();
      await db.execute(beginUpload, { id });
      // As a document it may be anything; what a message may have is looked at when one names it.
      const { mimeType: found, ...kept } = await keepFile({ businessId, file, type: "document", said, uploadId: id }, signal);
      const kind = kindOfFile(found, said);
      const type = kind === "audio" ? found.replace(/^video\//, "audio/") : found;
      await db.execute(finishUpload, { ...kept, id, mimeType: type, fileName: plainFileName(fileName) });
      const [row] = await db.run(findMedia, { id });
      if (row === undefined) throw new Error("the file that was just stored is not there");
      return { ...mediaViewOf(row.media), kind, sha256: kept.sha256 };
    } finally {
      await discardFile(file);
    }
  }

  return async (request) => {
    const leave = await places.take(request.businessId);
    if (leave === undefined) return "busy";
    try {
      return await take(request);
    } finally {
      leave();
    }
  };
}
