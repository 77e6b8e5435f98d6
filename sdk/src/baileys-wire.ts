// Owns: making what Baileys emits fit for JSON: bytes become base64, 64-bit numbers become text. Refuses to know: what it means.

/** Deeper than any message; a circle ends here. */
const DEEPEST = 60;

export function toWire(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  if (depth > DEEPEST) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (value instanceof Date) return value.toISOString();
  if (isLong(value)) return (BigInt(value.high) * 4_294_967_296n + BigInt(value.low >>> 0)).toString();
  if (Array.isArray(value)) return value.map((item: unknown) => toWire(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, toWire(part, depth + 1)]));
}

function isLong(value: object): value is { readonly low: number; readonly high: number } {
  return "low" in value && "high" in value && "unsigned" in value && typeof value.low === "number" && typeof value.high === "number";
}
