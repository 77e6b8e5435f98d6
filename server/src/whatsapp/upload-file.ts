// Owns: the port through which a file is uploaded to a provider that gives it an id to be sent by. Refuses to know: which provider, and where the file is kept.
import type { Readable } from "node:stream";
import type { Rejection, SendChannel, Uncertain } from "./transport.ts";

export interface UploadFileRequest {
  readonly channel: SendChannel;
  readonly mimeType: string;
  readonly bytes: number;
  /** Read once; left to the uploader to end. */
  readonly body: Readable;
  readonly signal: AbortSignal;
}

/** No message is sent by it: after any other end it may be tried again, and leaves at worst a file behind that nobody sends. Never rejects. */
export type UploadFile = (
  request: UploadFileRequest,
) => Promise<{ readonly outcome: "uploaded"; readonly id: string } | Rejection | Uncertain>;

/** Whatever its size, so long is enough for a network that works: milliseconds. */
export const uploadTimeMs = (bytes: number): number => 60_000 + bytes / 100;
