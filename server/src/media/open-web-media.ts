// Owns: opening a file as WhatsApp Web does: from WhatsApp's own servers, encrypted with a key that is in the message. Needs no gateway that would hand it out, and
// no token. Refuses to know: any gateway.
// The form: HKDF-SHA256 of the key makes an iv, a key for AES-256-CBC and one for HMAC-SHA256; the file ends with the first ten bytes of that, over iv and the rest.
import { createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readObject, readString } from "../kernel/read-json.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import { fileKindOf } from "./media-kinds.ts";
import { type FetchLimits, type MediaOrigin, type OpenedFile, problemOfStatus, readSha256 } from "./media-origin.ts";
import { MediaProblem } from "./media-problem.ts";

export interface WebMediaDeps {
  readonly outside: Pick<OutsideHttp, "stream">;
  /** Where WhatsApp Web's files are. What a message says of a host is not believed: whoever sent it wrote that. */
  readonly webMediaUrl: string;
  readonly limits: FetchLimits;
}

const PURPOSES: Readonly<Record<string, string>> = {
  image: "WhatsApp Image Keys",
  sticker: "WhatsApp Image Keys",
  video: "WhatsApp Video Keys",
  audio: "WhatsApp Audio Keys",
  document: "WhatsApp Document Keys",
};
const KEY_BYTES = 32;
const MAC_BYTES = 10;
const DEEPEST = 8;

interface WebFile {
  readonly key: Buffer;
  /** On WhatsApp's servers, with its query. */
  readonly path: string;
}

export type OpenWebMedia = (origin: MediaOrigin, signal: AbortSignal) => Promise<OpenedFile | undefined>;

/** Undefined: the message has no key. */
export function createOpenWebMedia({ outside, webMediaUrl, limits }: WebMediaDeps): OpenWebMedia {
  return async ({ type, content }, signal) => {
    const file = findWebFile(readObject(content, "gateway"), 0);
    const purpose = PURPOSES[type];
    if (file === undefined || purpose === undefined) return undefined;
    const { maxBytes } = fileKindOf(type);
    const url = `${webMediaUrl}${file.path}`;
    const headers = { origin: "https://web.whatsapp.com", "accept-encoding": "identity" };
    const answer = await outside.stream({ ...limits, url, headers, signal, maxBytes: maxBytes + 1024, maxRedirects: 0 });
    if (answer.status !== 200) {
      answer.discard();
      throw problemOfStatus(answer.status, "WhatsApp");
    }
    const node = readObject(content, type);
    return {
      body: decrypt(answer.body, file.key, purpose),
      sha256: readSha256(readString(node, "sha256")),
      mimeType: readString(node, "mime_type"),
    };
  };
}

/** The first node with a key and a path, as they stand in WhatsApp's own message; not that of a message that it quotes. */
function findWebFile(node: JsonObject | undefined, depth: number): WebFile | undefined {
  if (node === undefined || depth > DEEPEST) return undefined;
  const key = Buffer.from(readString(node, "mediaKey") ?? "", "base64");
  const path = readString(node, "directPath");
  if (key.length === KEY_BYTES && path !== undefined && /^\/[\w\-./%]+(?:\?[\w\-.~%&=+]*)?$/.test(path)) return { key, path };
  for (const [name, child] of Object.entries(node)) {
    const found = name !== "contextInfo" && isObject(child) ? findWebFile(child, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

async function* decrypt(encrypted: AsyncIterable<Uint8Array>, mediaKey: Buffer, purpose: string): AsyncGenerator<Uint8Array> {
  const keys = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(KEY_BYTES), purpose, 112));
  const [iv, cipherKey, macKey] = [keys.subarray(0, 16), keys.subarray(16, 48), keys.subarray(48, 80)];
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  const mac = createHmac("sha256", macKey).update(iv);
  let tail = Buffer.alloc(0);
  for await (const chunk of encrypted) {
    const all = Buffer.concat([tail, chunk]);
    const known = all.subarray(0, Math.max(0, all.length - MAC_BYTES));
    tail = Buffer.from(all.subarray(known.length));
    mac.update(known);
    yield decipher.update(known);
  }
  if (tail.length < MAC_BYTES || !timingSafeEqual(tail, mac.digest().subarray(0, MAC_BYTES)))
    throw new MediaProblem("sha256_mismatch", "What WhatsApp's servers sent is not the file of this message.");
  try {
    yield decipher.final();
  } catch (error) {
    throw new MediaProblem("sha256_mismatch", "What WhatsApp's servers sent cannot be decrypted with the key of this message.", error);
  }
}
