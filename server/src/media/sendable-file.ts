// Owns: which files WhatsApp takes in which messages (platform sheet, section 7), said in one sentence when it does not. Refuses to know: where the files are.
import type { MediaKind } from "../whatsapp/media-check.ts";
import type { Provider } from "../whatsapp/providers.ts";

const KB = 1024;
const MB = 1024 * KB;

interface SendableKind {
  readonly maxBytes: number;
  readonly types: ReadonlySet<string>;
}

const OOXML = "application/vnd.openxmlformats-officedocument";
const CLOUD: Readonly<Record<MediaKind, SendableKind>> = {
  image: { maxBytes: 5 * MB, types: new Set(["image/jpeg", "image/png"]) },
  video: { maxBytes: 16 * MB, types: new Set(["video/mp4", "video/3gpp"]) },
  audio: { maxBytes: 16 * MB, types: new Set(["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"]) },
  document: {
    maxBytes: 100 * MB,
    types: new Set([
      ...["text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
      ...[`${OOXML}.wordprocessingml.document`, `${OOXML}.spreadsheetml.sheet`, `${OOXML}.presentationml.presentation`],
    ]),
  },
  sticker: { maxBytes: 500 * KB, types: new Set(["image/webp"]) },
};
const STILL_STICKER_BYTES = 100 * KB;

/** A gateway is handed the file within its request, in base64: as a whole in memory. */
const GATEWAY_BYTES = 16 * MB;
const GATEWAY: Readonly<Record<MediaKind, RegExp>> = {
  image: /^image\//,
  video: /^video\//,
  audio: /^(?:audio|video)\//,
  document: /^/,
  sticker: /^image\/webp$/,
};

export interface FileToSend {
  readonly mimeType: string;
  readonly bytes: number;
  readonly isAnimated: boolean;
}

interface Place {
  readonly kind: MediaKind;
  /** A recorded note rather than a sound file. */
  readonly isVoice: boolean;
}

/** The type that a provider is told: of texts it knows one. */
export const platformType = (mimeType: string): string => (mimeType.startsWith("text/") ? "text/plain" : mimeType);

/** What stands against sending this file in this place; undefined: nothing. */
export function whyNotSendable(file: FileToSend, { kind, isVoice }: Place, provider: Provider): string | undefined {
  const type = platformType(file.mimeType);
  if (provider !== "cloud") {
    if (!GATEWAY[kind].test(type)) return `This file is ${type}, which is no ${kind}. Send it as a document.`;
    return file.bytes <= GATEWAY_BYTES ? undefined : tooLong(file.bytes, GATEWAY_BYTES, "A gateway is given files");
  }
  const { types, maxBytes } = CLOUD[kind];
  if (!types.has(type)) return `This file is ${type}; as ${kind} WhatsApp takes ${[...types].join(", ")}.`;
  if (isVoice && type !== "audio/ogg") return `This file is ${type}; a voice note has to be audio/ogg with Opus. Send it without "voice".`;
  const most = kind === "sticker" && !file.isAnimated ? STILL_STICKER_BYTES : maxBytes;
  const what = kind === "sticker" ? (file.isAnimated ? "animated sticker" : "static sticker") : kind;
  return file.bytes <= most ? undefined : tooLong(file.bytes, most, `WhatsApp takes a ${what}`);
}

function tooLong(bytes: number, most: number, who: string): string {
  return `This file has ${sizeOf(bytes)}. ${who} up to ${sizeOf(most)}. Send a smaller one.`;
}

const sizeOf = (bytes: number): string =>
  bytes >= MB ? `${String(Math.round((bytes / MB) * 10) / 10)} MB` : `${String(Math.ceil(bytes / KB))} KB`;
