// Owns: which files and pages can be read, and what reading one answers.

export const MEDIA_TYPES = ["text/plain", "text/markdown", "text/html", "text/csv", "application/pdf"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];
/** How a text is kept after it was read: a table as it is, everything else with Markdown's headings. */
export type TextMediaType = "text/plain" | "text/markdown" | "text/csv";

export type ReadOutcome =
  | { readonly outcome: "read"; readonly text: string; readonly mediaType: TextMediaType; readonly title: string | undefined }
  | { readonly outcome: "refused"; readonly reason: string }
  /** Too many texts of this business, or of all, are being read: it can be later. A sentence. */
  | { readonly outcome: "busy"; readonly reason: string };

export const MAX_TEXT_LENGTH = 2_000_000;
/** Of one text, and the characters of all of them: headings and the names of columns are repeated in each. */
export const MAX_CHUNKS = 10_000;
export const MAX_CHUNKS_LENGTH = 8_000_000;

const BY_ENDING: Readonly<Record<string, MediaType>> = {
  txt: "text/plain",
  text: "text/plain",
  md: "text/markdown",
  markdown: "text/markdown",
  htm: "text/html",
  html: "text/html",
  xhtml: "text/html",
  csv: "text/csv",
  tsv: "text/csv",
  pdf: "application/pdf",
};
const ALSO: Readonly<Record<string, MediaType>> = {
  "application/xhtml+xml": "text/html",
  "text/x-markdown": "text/markdown",
  "application/csv": "text/csv",
};

/** From a file's name, or a Content-Type with or without its parameters. Undefined: it cannot be read. */
export function findMediaType(name: string): MediaType | undefined {
  const type = name.slice(0, 1_000).split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = MEDIA_TYPES.find((mediaType) => mediaType === type) ?? ALSO[type];
  return known ?? (type.includes("/") && !type.includes(".") ? undefined : BY_ENDING[/\.([a-z]+)$/.exec(type)?.[1] ?? ""]);
}
