// Owns what may be wrong with a file that a customer sent: how it is announced, and how it is handed out. Carries none of it out.
import { readInteger, readOneOf, readString, rejectUnknownKeys } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

export interface MediaTricks {
  /** What is said of it, instead of what is true. */
  readonly mimeType?: string;
  readonly sha256?: string;
  readonly fileSize?: number;
  /** Where it is said to be. */
  readonly url?: string;
  /** The download leads on to there. */
  readonly redirect?: string;
  /** The download never begins, or stops half-way and says nothing more. */
  readonly hang?: "start" | "middle";
  /** The download is cut off half-way. */
  readonly cut?: "middle";
  /** The id has ended. */
  readonly life?: "ended";
}

const keys = ["mimeType", "sha256", "fileSize", "url", "redirect", "hang", "cut", "life"];

/** Throws InputError. */
export function readMediaTricks(source: JsonObject): MediaTricks {
  rejectUnknownKeys(source, keys, '"tricks"');
  const mimeType = readString(source, "mimeType");
  const sha256 = readString(source, "sha256");
  const fileSize = readInteger(source, "fileSize", { min: 0 });
  const url = readString(source, "url");
  const redirect = readString(source, "redirect");
  const hang = readOneOf(source, "hang", ["start", "middle"]);
  const cut = readOneOf(source, "cut", ["middle"]);
  const life = readOneOf(source, "life", ["ended"]);
  return {
    ...(mimeType !== undefined && { mimeType }),
    ...(sha256 !== undefined && { sha256 }),
    ...(fileSize !== undefined && { fileSize }),
    ...(url !== undefined && { url }),
    ...(redirect !== undefined && { redirect }),
    ...(hang !== undefined && { hang }),
    ...(cut !== undefined && { cut }),
    ...(life !== undefined && { life }),
  };
}
