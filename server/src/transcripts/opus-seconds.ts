// Owns: how long a voice note is, by its own bytes: WhatsApp's are Opus in Ogg, of which each page says how far it reaches. Pure. Refuses to know: its sound.

/** Opus counts 48,000 to a second, whatever it was recorded at (RFC 7845). */
const RATE = 48_000;
/** No page is longer. */
const LAST_BYTES = 65_307;

/** Undefined: it is something else, or damaged. */
export function opusSeconds(file: Uint8Array): number | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!bytes.subarray(0, 4).equals(Buffer.from("OggS")) || !bytes.subarray(0, 64).includes("OpusHead")) return undefined;
  const end = bytes.subarray(Math.max(0, bytes.length - LAST_BYTES));
  const last = end.lastIndexOf("OggS");
  if (last === -1 || last + 14 > end.length) return undefined;
  const position = end.readBigInt64LE(last + 6);
  return position < 0n ? undefined : Number(position) / RATE;
}
