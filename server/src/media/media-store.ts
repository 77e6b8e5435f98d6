// Owns: the port behind which files are kept. Refuses to know: what they are, and whose.
import type { Readable } from "node:stream";

/** Of a business; the name is the content's own hash, so that what is written twice is there once. */
export interface StoredName {
  readonly businessId: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly variant: "file" | "thumbnail";
  /** Of a file that the business uploaded: it has a place of its own, and can be removed without a look at who else has the same bytes. */
  readonly uploadId?: string | undefined;
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
  /** When it resolves, the file is not there, also when it never was. Throws a MediaProblem when the store cannot say. */
  remove(name: StoredName): Promise<void>;
  close(): Promise<void>;
}

/** `0190…/ab/abcd…`: no directory with all files of a business in it. */
export function keyOf({ businessId, sha256, variant, uploadId }: StoredName): string {
  // Of ids made at the same time, only the last digits differ.
  const place = uploadId === undefined ? `${sha256.slice(0, 2)}/${sha256}` : `uploads/${uploadId.slice(-2)}/${uploadId}`;
  return `${businessId}/${place}${variant === "thumbnail" ? ".thumbnail.webp" : ""}`;
}
