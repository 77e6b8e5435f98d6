// Owns: the route that takes in a file to be sent later: as a form with one file, read a piece at a time. Refuses to know: what the file is.
import multipart from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { Fault } from "../../kernel/faults.ts";
import { MediaProblem } from "../../media/media-problem.ts";
import { MOST_UPLOAD_BYTES, type UploadMedia, uploadedMediaSchema } from "../../media/upload-media.ts";
import type { ApiApp } from "../api-app.ts";
import { problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

/** What stands around the file in a form. */
const FORM_BYTES = 64 * 1024;
const MOST_FIELDS = 8;
const LIMIT = `${String(MOST_UPLOAD_BYTES / 1024 / 1024)} MB`;

export function registerUploadMedia(api: ApiApp, { uploadMedia }: { readonly uploadMedia: UploadMedia }): void {
  // A scope of its own: no other route takes forms.
  api.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    const schema = {
      operationId: "uploadMedia",
      summary: "Upload a file to send: name its id in a message. It is removed when no message has named it for 7 days",
      consumes: ["multipart/form-data"],
      response: { 201: uploadedMediaSchema, ...problemAnswers },
    };
    scope.post("/media", { schema, config: { streamsBody: true } }, async (request, reply) => {
      try {
        // The request itself closes once it was read: what is left to do then is still waited for.
        const gone = new AbortController();
        reply.raw.once("close", () => {
          gone.abort(new Error("whoever sent it is gone"));
        });
        const uploaded = await takeFile(request, uploadMedia, gone.signal);
        return await reply.code(201).send(uploaded);
      } catch (error) {
        // What is still to come of the file is not waited for.
        if (!request.raw.complete) reply.header("connection", "close");
        throw error instanceof MediaProblem ? faultOf(error) : error;
      }
    });
  });
}

async function takeFile(request: FastifyRequest, uploadMedia: UploadMedia, signal: AbortSignal) {
  if (!request.isMultipart()) throw new Fault("unsupported_media_type", 'Send the file as multipart/form-data, in a part called "file".');
  if (Number(request.headers["content-length"] ?? 0) > MOST_UPLOAD_BYTES + FORM_BYTES) throw tooLarge();
  const limits = { files: 1, fields: MOST_FIELDS, fieldSize: 1_024, fileSize: MOST_UPLOAD_BYTES + 1 };
  const part = await request.file({ limits }).catch(rethrowUnreadable);
  if (part?.fieldname !== "file") {
    part?.file.destroy();
    throw new Fault("bad_request", 'The form has no part called "file" with a file in it. Nothing was stored.');
  }
  // Whoever sends it may be gone before anybody reads: an error of a stream that nobody listens to ends the process.
  part.file.on("error", () => undefined);
  const uploaded = await uploadMedia({
    businessId: callerOf(request).businessId,
    body: readable(part.file),
    mimeType: part.mimetype,
    fileName: part.filename,
    signal,
  });
  if (uploaded !== "busy") return uploaded;
  part.file.destroy();
  throw new Fault("unavailable", "Too many files are being uploaded at the moment. Nothing of this one was kept; send it again.", {
    retryAfterSeconds: 2,
  });
}

/** Where the form is broken, what its parser throws has no status of its own. */
function rethrowUnreadable(cause: unknown): never {
  if (cause instanceof Error && "statusCode" in cause) throw cause;
  throw new Fault("bad_request", "The form cannot be read, or ends before its file does. Nothing was stored.", { cause });
}

async function* readable(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* file;
  } catch (error) {
    rethrowUnreadable(error);
  }
}

const tooLarge = (): Fault => new Fault("payload_too_large", `A file may have ${LIMIT}. Nothing of this one was kept.`);

function faultOf(problem: MediaProblem): Fault {
  if (problem.code === "too_large") return tooLarge();
  if (problem.code === "store_unavailable" || problem.code === "scanner_unavailable")
    return new Fault("unavailable", "The file could not be kept at the moment. Nothing of it was stored; send it again.", {
      cause: problem,
    });
  return new Fault("media_refused", `${problem.message} Nothing was stored.`);
}
