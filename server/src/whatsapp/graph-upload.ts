// Owns: uploading a file to the Cloud API: multipart, a piece at a time, with its length said first. Refuses to know: where the file is kept, and when to try again.
// Facts (platform sheet, section 7): `POST /<number>/media` with messaging_product, type and file; the id lives 30 days and belongs to the number.
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { readScalar } from "../kernel/read-json.ts";
import { readGraphObject, refusedHere } from "./graph-answer.ts";
import { createPool, exchange, parseBaseUrl } from "./http-exchange.ts";
import { type UploadFile, uploadTimeMs } from "./upload-file.ts";

export interface GraphUploadDeps {
  /** Such as https://graph.facebook.com, without the version. */
  readonly baseUrl: string;
  /** Such as v26.0. */
  readonly version: string;
  readonly connections?: number;
}

export interface GraphUpload {
  readonly uploadFile: UploadFile;
  close(): Promise<void>;
}

/** Apart from those of messages: a large file holds up none. */
const CONNECTIONS = 16;
const CONNECT_WITHIN_MS = 15_000;
const PHONE_NUMBER_ID = /^[\w-]{1,64}$/;
const NOT_ADDRESSED = refusedHere(
  "bad phone number id",
  "The channel's phone number id, or the Graph address of the settings, is not one. The message is kept unsent. Correct it.",
);

export function createGraphUpload({ baseUrl, version, connections = CONNECTIONS }: GraphUploadDeps): GraphUpload {
  const base = parseBaseUrl(baseUrl);
  const pool = createPool({ connections, timeoutMs: CONNECT_WITHIN_MS });
  return {
    async uploadFile({ channel, mimeType, bytes, body, signal }) {
      try {
        if (base === undefined || !PHONE_NUMBER_ID.test(channel.key)) return NOT_ADDRESSED;
        const form = formAround(mimeType);
        const answer = await exchange(pool, {
          origin: base.origin,
          path: `${base.path}/${version}/${channel.key}/media`,
          headers: {
            authorization: `Bearer ${channel.accessToken}`,
            "content-type": `multipart/form-data; boundary=${form.boundary}`,
            "content-length": String(form.before.length + bytes + form.after.length),
          },
          body: Readable.from(joined(form, body), { objectMode: false }),
          timeoutMs: uploadTimeMs(bytes),
          signal,
        });
        const read = readGraphObject(answer);
        if (read.outcome !== "answered") return read;
        const id = readScalar(read.body, "id");
        return id === undefined
          ? { outcome: "uncertain", reason: "WhatsApp took the file and named no id for it." }
          : { outcome: "uploaded", id };
      } finally {
        body.destroy();
      }
    },
    close: () => pool.close(),
  };
}

interface Form {
  readonly boundary: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The name of the file is nobody's business here: a document's stands in its message. */
function formAround(mimeType: string): Form {
  const boundary = `onethread-${randomBytes(16).toString("hex")}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\ncontent-type: ${mimeType}\r\n\r\n`;
  const before = Buffer.from(`${field("messaging_product", "whatsapp")}${field("type", mimeType)}${file}`);
  return { boundary, before, after: Buffer.from(`\r\n--${boundary}--\r\n`) };
}

async function* joined({ before, after }: Form, body: Readable): AsyncGenerator<Buffer> {
  yield before;
  yield* body as AsyncIterable<Buffer>;
  yield after;
}
