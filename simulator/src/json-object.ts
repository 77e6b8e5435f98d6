// Owns reading untyped JSON: narrowing and the sentences for wrong input. Knows nothing of WhatsApp.

export type JsonObject = Readonly<Record<string, unknown>>;

/** Input from whoever drives the simulator is wrong; the message says what and what to do. */
export class InputError extends Error {
  override readonly name = "InputError";
}

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

export function requireObject(value: unknown, what: string): JsonObject {
  if (!isJsonObject(value)) throw new InputError(`${what} must be a JSON object.`);
  return value;
}

export function readObject(source: JsonObject, key: string): JsonObject | undefined {
  const value = source[key];
  return value === undefined || value === null ? undefined : requireObject(value, `"${key}"`);
}

export function readString(source: JsonObject, key: string): string | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "") throw new InputError(`"${key}" must be a non-empty string.`);
  return value;
}

export function readBoolean(source: JsonObject, key: string): boolean | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw new InputError(`"${key}" must be true or false.`);
  return value;
}

/** A whole number from `min` to `max`, both included. */
export function readInteger(source: JsonObject, key: string, range: { readonly min: number; readonly max?: number }): number | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value !== "number" || !Number.isInteger(value) || value < range.min || value > max) {
    throw new InputError(
      range.max === undefined
        ? `"${key}" must be a whole number of at least ${range.min}.`
        : `"${key}" must be a whole number from ${range.min} to ${range.max}.`,
    );
  }
  return value;
}

export function readOneOf<T extends string>(source: JsonObject, key: string, allowed: readonly T[]): T | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new InputError(`"${key}" must be one of: ${allowed.join(", ")}.`);
  return found;
}

/** Unix seconds, given as a number or as digits. */
export function readUnixSeconds(source: JsonObject, key: string): string | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  if (!/^\d{1,12}$/.test(text)) throw new InputError(`"${key}" must be unix time in seconds.`);
  return text;
}

export function rejectUnknownKeys(source: JsonObject, allowed: readonly string[], where: string): void {
  for (const key of Object.keys(source)) {
    if (!allowed.includes(key)) throw new InputError(`${where} does not know "${key}". It knows: ${allowed.join(", ")}.`);
  }
}
