// Owns: the port behind which files are kept. Refuses to know: what they are, and whose.
import type { Readable } from "node:stream";

/** Of a business; the name is the content's own hash, so that what is written twice is there once. */
export interface StoredName {
  readonly businessId: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly variant: "file" | "thumbnail";
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

export interface NewFile {
  readonly name: StoredName;
  /** On this machine's disk. It may be taken from there; whoever made it takes away what is left. */
  readonly path: string;
  readonly bytes: number;
  /** Of these bytes; of a thumbnail it is not that of its name. Hexadecimal. */
  readonly sha256: string;
}

export interface MediaStore {
  /** When it resolves, the file is there whatever happens next. Throws a MediaProblem when it could not be stored. */
  put(file: NewFile): Promise<void>;
  /** Undefined: there is no such file. Rejects when the store cannot say. */
  open(name: StoredName, range?: ByteRange): Promise<Readable | undefined>;
  close(): Promise<void>;
}

/** `0190…/ab/abcd…`: no directory with all files of a business in it. */
export function keyOf({ businessId, sha256, variant }: StoredName): string {
  return `${businessId}/${sha256.slice(0, 2)}/${sha256}${variant === "thumbnail" ? ".thumbnail.webp" : ""}`;
}
