// Owns: what is known of kinds of files: which messages have one, how large it may be, what it must be, and what of it a browser may show. Refuses to know:
// where a file comes from, and where it is kept.

import type { MediaKind } from "../whatsapp/media-check.ts";

const MB = 1024 * 1024;

interface FileKind {
  /** A longer file is refused. */
  readonly maxBytes: number;
  /** What its first bytes must say that it is; null: anything. */
  readonly mustBe: RegExp | null;
}

/** WhatsApp passes on 100 MB at most; what is shown in a thread is smaller (platform sheet, section 7), and gateways do not hold to it: so there is some room. */
const KINDS: Readonly<Record<string, FileKind>> = {
  image: { maxBytes: 32 * MB, mustBe: /^image\/(?:jpeg|png|webp|gif|heic|heif|avif|bmp|tiff)$/ },
  sticker: { maxBytes: 4 * MB, mustBe: /^image\/(?:webp|png|gif|jpeg)$/ },
  video: { maxBytes: 100 * MB, mustBe: /^video\// },
  // An mp4 or 3gp without a picture cannot be told from one with a picture by its first bytes.
  audio: { maxBytes: 100 * MB, mustBe: /^(?:audio\/|video\/(?:mp4|3gpp|webm)$|application\/ogg$)/ },
};
const DOCUMENT: FileKind = { maxBytes: 100 * MB, mustBe: null };

/** `type`: of the message. */
export function fileKindOf(type: string): FileKind {
  return (Object.hasOwn(KINDS, type) ? KINDS[type] : undefined) ?? DOCUMENT;
}

/** More pixels than any camera has: such a picture is made to fill somebody's memory. */
export const MAX_PIXELS = 64_000_000;

/** Read by every browser as what they are, and by none as a page or a program. Everything else is handed out as a file to be kept. */
const SHOWN: ReadonlySet<string> = new Set([
  ...["image/jpeg", "image/png", "image/webp", "image/gif"],
  ...["video/mp4", "video/3gpp", "video/webm"],
  ...["audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav"],
]);
export const isShown = (mimeType: string): boolean => SHOWN.has(mimeType);

/** Which of them have a thumbnail, and are counted in pixels. */
const PICTURES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);
export const isPicture = (mimeType: string): boolean => PICTURES.has(mimeType);

export const UNKNOWN_TYPE = "application/octet-stream";

const SPELLINGS: Readonly<Record<string, string>> = {
  "application/ogg": "audio/ogg",
  "audio/x-m4a": "audio/mp4",
  "audio/opus": "audio/ogg",
  "audio/vnd.wave": "audio/wav",
  "audio/x-wav": "audio/wav",
};

/** One spelling for each type, without parameters; undefined for what is no type. */
export function plainType(mimeType: string | undefined): string | undefined {
  const plain = mimeType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!/^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,120}$/.test(plain)) return undefined;
  return (Object.hasOwn(SPELLINGS, plain) ? SPELLINGS[plain] : undefined) ?? plain;
}

/** Word, Excel and PowerPoint write into containers that others use too: then what was said of the file is believed, as a word only. */
const CONTAINERS: ReadonlySet<string> = new Set(["application/x-cfb", "application/zip"]);
const OFFICE = /^application\/(?:msword|vnd\.ms-(?:excel|powerpoint)|vnd\.openxmlformats-officedocument\.[a-z.]+)$/;

/** What the file is, by its first bytes (`found`) and by what was said of it; undefined: it is not what a message of this type may have. */
export function typeOfFile(type: string, found: string | undefined, said: string | undefined): string | undefined {
  const { mustBe } = fileKindOf(type);
  // Texts have no first bytes to know them by: of a document, what was said is kept, as a word only. Nobody is shown it as a page.
  if (mustBe === null) {
    if (said !== undefined && OFFICE.test(said) && CONTAINERS.has(found ?? "")) return said;
    // Pictures, films and sounds have first bytes to know them by: what has not is none.
    return found ?? (/^(?:image|video|audio)\//.test(said ?? "") ? undefined : said) ?? UNKNOWN_TYPE;
  }
  if (found === undefined || !mustBe.test(found)) return undefined;
  return type === "audio" ? found.replace(/^video\//, "audio/") : found;
}

/** Which message would show such a file best. `said`: a film without a picture is a sound to whoever made it. */
export function kindOfFile(mimeType: string, said: string | undefined): MediaKind {
  if (mimeType === "image/webp") return "sticker";
  if (mimeType.startsWith("image/")) return "image";
  if (mimeType.startsWith("audio/") || (mimeType.startsWith("video/") && said?.startsWith("audio/") === true)) return "audio";
  return mimeType.startsWith("video/") ? "video" : "document";
}
