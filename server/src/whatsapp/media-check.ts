// Owns: the rules for a media node that we send, alone or as the header of something else. Refuses to know: the file behind it.
import { checkText, firstProblem, type ContentPlace, type ContentProblem } from "./content-check.ts";

export const MEDIA_KINDS = ["image", "video", "audio", "document", "sticker"] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

const CAPTION_MAX = 1024;
const FILENAME_MAX = 240;
const LINK_MAX = 2048;
const WITHOUT_CAPTION: ReadonlySet<MediaKind> = new Set(["audio", "sticker"]);

export function checkMedia(type: MediaKind, place: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkSource(place),
    () =>
      WITHOUT_CAPTION.has(type) && place.node["caption"] !== undefined
        ? `${place.path}.caption is not possible: WhatsApp shows none on ${type} messages.`
        : checkText(place, "caption", { max: CAPTION_MAX, optional: true }),
    () => checkText(place, "filename", { max: FILENAME_MAX, optional: true }),
  );
}

/** Either an uploaded file or a public address, never both. */
export function checkSource(place: ContentPlace): ContentProblem {
  const { node, path } = place;
  const hasId = node["id"] !== undefined;
  if (hasId === (node["link"] !== undefined)) return `${path} needs either "id" (an uploaded file) or "link" (a public https address).`;
  if (hasId) return checkText(place, "id", { max: 64 });
  return checkText(place, "link", { max: LINK_MAX }) ?? checkHttpUrl(place, "link");
}

export function checkHttpUrl({ node, path }: ContentPlace, key: string): ContentProblem {
  const value = node[key];
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? undefined : `${path}.${key} must be an http or https address.`;
}
