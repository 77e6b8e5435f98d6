// Owns: arrays as PostgreSQL reads them without parsing text: for statements that take hundreds of values at a time, encoding them so costs a fifth of it.
// Refuses to know: the statements. The type must be the one that the parameter has, or PostgreSQL refuses the array.

/** Of pg_type. */
const OID = { boolean: 16, int4: 23, text: 25, timestamptz: 1_184, uuid: 2_950, jsonb: 3_802 } as const;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const UUID_BYTES = 16;
const TIMESTAMP_BYTES = 8;
const JSONB_VERSION = 1;
const NULL_LENGTH = -1;

/** One dimension that begins at 1, as array_recv() reads it. Even an empty list has it: it says the type. */
function begin(oid: number, count: number, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  array.writeInt32BE(1, 0);
  // Whether a null is among them; PostgreSQL looks for itself.
  array.writeInt32BE(0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}

/** UTF-8, each after its length and `prefix`. */
function strings(oid: number, values: readonly (string | null | undefined)[], prefix?: number): Buffer {
  const prefixBytes = prefix === undefined ? 0 : 1;
  const lengths = values.map((value) => (typeof value === "string" ? Buffer.byteLength(value) : NULL_LENGTH));
  let bytes = values.length * LENGTH_BYTES;
  for (const length of lengths) if (length >= 0) bytes += length + prefixBytes;
  const array = begin(oid, values.length, bytes);
  let at = HEADER_BYTES;
  values.forEach((value, index) => {
    const length = lengths[index] ?? NULL_LENGTH;
    array.writeInt32BE(length === NULL_LENGTH ? NULL_LENGTH : length + prefixBytes, at);
    at += LENGTH_BYTES;
    if (typeof value !== "string") return;
    if (prefix !== undefined) array[at++] = prefix;
    // As long as its bytes: it is ASCII, which is written twice as fast.
    array.write(value, at, length === value.length ? "latin1" : "utf8");
    at += length;
  });
  return array;
}

export const textArray = (values: readonly (string | null | undefined)[]): Buffer => strings(OID.text, values);

/** Each is JSON already. */
export const jsonbArray = (values: readonly string[]): Buffer => strings(OID.jsonb, values, JSONB_VERSION);

const NO_DIGIT = 0xff;
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 16; digit += 1) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const hexAt = (text: string, at: number): number => HEX[text.charCodeAt(at)] ?? NO_DIGIT;

/** Throws when one of them is no UUID: they are our own ids. */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += LENGTH_BYTES + (value === null ? 0 : UUID_BYTES);
  const array = begin(OID.uuid, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    array.writeInt32BE(value === null ? NULL_LENGTH : UUID_BYTES, at);
    at += LENGTH_BYTES;
    if (value !== null) at = writeUuid(array, value, at);
  }
  return array;
}

function writeUuid(array: Buffer, uuid: string, from: number): number {
  let at = from;
  let digits = 0;
  for (let index = 0; index < uuid.length; index += 2) {
    if (uuid[index] === "-") index += 1;
    const [high, low] = [hexAt(uuid, index), hexAt(uuid, index + 1)];
    digits |= high | low;
    array[at++] = (high << 4) | low;
  }
  if (at - from !== UUID_BYTES || digits > 0xf) throw new Error(`"${uuid}" is no UUID`);
  return at;
}

export function intArray(values: readonly number[]): Buffer {
  const array = begin(OID.int4, values.length, values.length * 2 * LENGTH_BYTES);
  values.forEach((value, index) => {
    const at = HEADER_BYTES + index * 2 * LENGTH_BYTES;
    array.writeInt32BE(LENGTH_BYTES, at);
    array.writeInt32BE(value, at + LENGTH_BYTES);
  });
  return array;
}

export function booleanArray(values: readonly boolean[]): Buffer {
  const array = begin(OID.boolean, values.length, values.length * (LENGTH_BYTES + 1));
  values.forEach((value, index) => {
    const at = HEADER_BYTES + index * (LENGTH_BYTES + 1);
    array.writeInt32BE(1, at);
    array[at + LENGTH_BYTES] = value ? 1 : 0;
  });
  return array;
}

/** PostgreSQL counts from here, in microseconds. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** A date that is none: PostgreSQL refuses it as out of range, as it does other data that it cannot hold. */
const OUT_OF_RANGE = 2n ** 63n - 2n;

export function timestampArray(values: readonly Date[]): Buffer {
  const size = LENGTH_BYTES + TIMESTAMP_BYTES;
  const array = begin(OID.timestamptz, values.length, values.length * size);
  values.forEach((value, index) => {
    const at = HEADER_BYTES + index * size;
    array.writeInt32BE(TIMESTAMP_BYTES, at);
    const ms = value.getTime();
    array.writeBigInt64BE(Number.isNaN(ms) ? OUT_OF_RANGE : BigInt(ms - EPOCH_MS) * 1_000n, at + LENGTH_BYTES);
  });
  return array;
}
