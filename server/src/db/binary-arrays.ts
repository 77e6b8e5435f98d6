// Owns: arrays in the form that PostgreSQL reads without parsing text: for hundreds of values at a time it costs a fifth.
// Refuses to know: the statements. The type must be that of the parameter, or PostgreSQL refuses the array.

/** As in pg_type. */
const OID = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  float4: 700,
  float8: 701,
  timestamptz: 1_184,
  uuid: 2_950,
  jsonb: 3_802,
} as const;

type MaybeNull<T> = readonly (T | null | undefined)[];

/** As PostgreSQL refuses in text what it cannot read, so that a batch finds the one item that has it (classify-error.ts). */
class InvalidValue extends RangeError {
  /** SQLSTATE invalid_parameter_value. */
  readonly code = "22023";
}

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const UUID_BYTES = 16;
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

/** UTF-8, each after its length and `prefix`. A value that is the one before it, as in most columns of a batch, is neither measured nor converted again. */
function strings(oid: number, values: MaybeNull<string>, prefix?: number): Buffer {
  const prefixBytes = prefix === undefined ? 0 : 1;
  const lengths = new Int32Array(values.length);
  let bytes = values.length * LENGTH_BYTES;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const isRepeat = index > 0 && value === values[index - 1];
    const length = isRepeat ? lengths[index - 1] : typeof value === "string" ? Buffer.byteLength(value) : NULL_LENGTH;
    lengths[index] = length ?? NULL_LENGTH;
    if (typeof value === "string") bytes += (length ?? 0) + prefixBytes;
  }
  const array = begin(oid, values.length, bytes);
  let at = HEADER_BYTES;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const length = lengths[index] ?? NULL_LENGTH;
    array.writeInt32BE(length === NULL_LENGTH ? NULL_LENGTH : length + prefixBytes, at);
    at += LENGTH_BYTES;
    if (typeof value !== "string") continue;
    if (prefix !== undefined) array[at++] = prefix;
    if (index > 0 && value === values[index - 1]) repeatBefore(array, at, { bytes: length, between: LENGTH_BYTES + prefixBytes });
    // As long as its bytes: it is ASCII, which is written twice as fast.
    else array.write(value, at, length === value.length ? "latin1" : "utf8");
    at += length;
  }
  return array;
}

/** The bytes of the value before are copied; between the two there is the length of this one. */
function repeatBefore(array: Buffer, at: number, { bytes, between }: { readonly bytes: number; readonly between: number }): void {
  const from = at - between - bytes;
  array.copyWithin(at, from, from + bytes);
}

const NO_DIGIT = 0xff;
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 16; digit += 1) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const hexAt = (text: string, at: number): number => HEX[text.charCodeAt(at)] ?? NO_DIGIT;

function writeUuid(array: Buffer, uuid: string, from: number): number {
  let at = from;
  let digits = 0;
  for (let index = 0; index < uuid.length; index += 2) {
    if (uuid[index] === "-") index += 1;
    const [high, low] = [hexAt(uuid, index), hexAt(uuid, index + 1)];
    digits |= high | low;
    array[at++] = (high << 4) | low;
  }
  if (at - from !== UUID_BYTES || digits > 0xf) throw new InvalidValue(`"${uuid}" is no UUID`);
  return at;
}

/** Values that all take `size` bytes. `write` writes one at an offset. */
function fixed<T>(oid: number, size: number, write: (array: Buffer, value: T, at: number) => unknown): (values: MaybeNull<T>) => Buffer {
  return (values) => {
    let bytes = 0;
    for (const value of values) bytes += LENGTH_BYTES + (value === null || value === undefined ? 0 : size);
    const array = begin(oid, values.length, bytes);
    let at = HEADER_BYTES;
    let before: T | null | undefined;
    for (const value of values) {
      const isNull = value === null || value === undefined;
      array.writeInt32BE(isNull ? NULL_LENGTH : size, at);
      at += LENGTH_BYTES;
      if (!isNull) {
        if (value === before) repeatBefore(array, at, { bytes: size, between: LENGTH_BYTES });
        else write(array, value, at);
        at += size;
      }
      before = value;
    }
    return array;
  };
}

/** A buffer would cut off the rest of a fraction. */
function whole(bytes: number): (value: number) => number {
  const limit = 2 ** (8 * bytes - 1);
  return (value) => {
    if (!Number.isInteger(value) || value < -limit || value >= limit)
      throw new InvalidValue(`${String(value)} is no whole number of ${String(bytes)} bytes`);
    return value;
  };
}
const [int2, int4, int8] = [whole(2), whole(4), whole(8)];

/** A buffer would write infinity in its place. */
function real(value: number): number {
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw new InvalidValue(`${String(value)} is too large for four bytes`);
  return value;
}

/** PostgreSQL counts from here, in microseconds. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** For an invalid date: PostgreSQL refuses it as out of range, as it does other data that it cannot hold. */
const OUT_OF_RANGE = 2n ** 63n - 2n;

function writeTimestamp(array: Buffer, value: Date, at: number): void {
  const ms = value.getTime();
  array.writeBigInt64BE(Number.isNaN(ms) ? OUT_OF_RANGE : BigInt(ms - EPOCH_MS) * 1_000n, at);
}

/** The elements of an array of each type. JSON is text already: whoever has the value writes it, and it is written once. */
export interface ArrayElements {
  readonly uuid: string;
  readonly text: string;
  readonly jsonb: string;
  readonly bool: boolean;
  readonly int2: number;
  readonly int4: number;
  /** Below 2^53. */
  readonly int8: number;
  readonly float4: number;
  readonly float8: number;
  readonly timestamptz: Date;
}

/** Throws InvalidValue for an invalid UUID, and for a number that is not whole or does not fit. */
export const arrayEncoders: { readonly [Type in keyof ArrayElements]: (values: MaybeNull<ArrayElements[Type]>) => Buffer } = {
  text: (values) => strings(OID.text, values),
  jsonb: (values) => strings(OID.jsonb, values, JSONB_VERSION),
  uuid: fixed(OID.uuid, UUID_BYTES, writeUuid),
  bool: fixed(OID.bool, 1, (array, value: boolean, at) => array.writeUInt8(value ? 1 : 0, at)),
  int2: fixed(OID.int2, 2, (array, value: number, at) => array.writeInt16BE(int2(value), at)),
  int4: fixed(OID.int4, 4, (array, value: number, at) => array.writeInt32BE(int4(value), at)),
  int8: fixed(OID.int8, 8, (array, value: number, at) => array.writeBigInt64BE(BigInt(int8(value)), at)),
  float4: fixed(OID.float4, 4, (array, value: number, at) => array.writeFloatBE(real(value), at)),
  float8: fixed(OID.float8, 8, (array, value: number, at) => array.writeDoubleBE(value, at)),
  timestamptz: fixed(OID.timestamptz, 8, writeTimestamp),
};
