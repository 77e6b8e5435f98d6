// Owns: how the file of a message is shown, by its state and by what it is. Refuses to know: how that looks.
import { captionOf } from "./caption-of.ts";
import { formatSize } from "./format-size.ts";
import type { Message } from "./inbox-client.ts";

interface File {
  readonly url: string;
  /** For those who cannot see it, or what it is called. */
  readonly label: string;
}
export type ShownMedia =
  | { readonly as: "note"; readonly text: string; readonly isBad: boolean }
  | (File & {
      readonly as: "picture";
      readonly previewUrl: string;
      readonly width: number | undefined;
      readonly height: number | undefined;
    })
  | (File & { readonly as: "video" })
  | (File & { readonly as: "sound" })
  | (File & { readonly as: "download"; readonly size: string | undefined });

const NAMES: ReadonlyMap<string, string> = new Map([
  ["image", "photo"],
  ["video", "video"],
  ["audio", "voice message"],
  ["document", "document"],
  ["sticker", "sticker"],
]);

/** Undefined: the message has no file, or was taken back. */
export function describeMedia(message: Pick<Message, "content" | "media" | "type" | "revokedAt">): ShownMedia | undefined {
  const { media, type, revokedAt } = message;
  if (media === null || revokedAt !== null) return undefined;
  const name = NAMES.get(type) ?? "file";
  const { state, url, mimeType, fileName, thumbnailUrl, error } = media;
  if (state === "pending")
    return { as: "note", text: error === null ? `Loading the ${name} …` : `The ${name} is not here yet: ${error.text}`, isBad: false };
  if (state !== "ready" || url === null)
    return { as: "note", text: `The ${name} cannot be shown: ${error?.text ?? "it is not there."}`, isBad: true };
  const file = { url, label: captionOf(message) ?? capitalised(name) };
  if (mimeType?.startsWith("image/") === true) {
    return { ...file, as: "picture", previewUrl: thumbnailUrl ?? url, width: media.width ?? undefined, height: media.height ?? undefined };
  }
  if (mimeType?.startsWith("video/") === true) return { ...file, as: "video" };
  if (mimeType?.startsWith("audio/") === true) return { ...file, as: "sound" };
  return { url, label: fileName ?? capitalised(name), as: "download", size: media.bytes === null ? undefined : formatSize(media.bytes) };
}

const capitalised = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
