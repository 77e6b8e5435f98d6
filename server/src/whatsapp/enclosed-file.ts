// Owns: the port through which a file reaches a provider that takes it within the message, in base64. Refuses to know: where the file is kept, and how a provider writes it.
import type { Readable } from "node:stream";

/** A file of ours that a message names by its id. */
export interface EnclosedFile {
  readonly id: string;
  readonly mimeType: string;
  readonly bytes: number;
  /** Of a place for it to be read from its beginning. Undefined: the store does not have it, or does not say. Never rejects. */
  readonly open: () => Promise<Readable | undefined>;
}
