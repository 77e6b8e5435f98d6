// Owns: a file of the store as a whole, within a bound. Refuses to know: what it is for.
import type { MediaStore, StoredName } from "./media-store.ts";

/** Undefined: the store does not have it, or has a longer one than it may be. Rejects when the store cannot say. */
export async function readStored(store: Pick<MediaStore, "open">, name: StoredName, maxBytes: number): Promise<Buffer | undefined> {
  const file = await store.open(name);
  if (file === undefined) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file) {
    const piece = chunk as Buffer;
    bytes += piece.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}
