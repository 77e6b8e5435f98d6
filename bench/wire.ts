// Owns: reading what another process of the bench sent (always one JSON object). Refuses to know what it means.
import { isObject } from "../server/src/kernel/read-json.ts";
import type { JsonObject } from "../server/src/kernel/json.ts";

export function objectOf(value: unknown): JsonObject {
  if (!isObject(value)) throw new Error("a process of the bench sent something that is not an object");
  return value;
}

export function numberOf(node: JsonObject, key: string): number {
  const value = node[key];
  if (typeof value !== "number") throw new Error(`a process of the bench sent no number "${key}"`);
  return value;
}

export function textOf(node: JsonObject, key: string): string {
  const value = node[key];
  if (typeof value !== "string") throw new Error(`a process of the bench sent no text "${key}"`);
  return value;
}

export function textsOf(node: JsonObject, key: string): readonly string[] {
  const value = node[key];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw new Error(`a process of the bench sent no texts "${key}"`);
  return value;
}

export function numbersOf(node: JsonObject, key: string): readonly number[] {
  const value = node[key];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "number"))
    throw new Error(`a process of the bench sent no numbers "${key}"`);
  return value;
}

/** The input of a child process: one JSON object as its only argument. */
export function readInput(): JsonObject {
  return objectOf(JSON.parse(process.argv[2] ?? "null"));
}

export function sendToParent(message: JsonObject): void {
  process.send?.(message);
}

/** A child without its parent has nothing to do. */
export function endWithParent(stop: () => Promise<void>): void {
  process.once("disconnect", () => {
    void stop().finally(() => process.exit(0));
  });
}
