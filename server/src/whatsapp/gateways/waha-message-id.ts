// Owns: taking WAHA's message ids apart. One message has several of them (under `@lid` and under `@c.us`); only the bare id is the same in all.
import type { Json } from "../../kernel/json.ts";
import { isObject, readString } from "../../kernel/read-json.ts";

export interface WahaMessageId {
  readonly bareId: string;
  /** Absent when the id came bare. */
  readonly fromMe?: boolean;
  readonly chat?: string;
  readonly participant?: string;
}

const FULL_ID = /^(true|false)_([^@]+@[^_]+)_([^_]+)(?:_(.+))?$/;

/** Reads a full id, a bare one, or an object around either; undefined when there is none. */
export function readWahaMessageId(value: Json | undefined): WahaMessageId | undefined {
  const text =
    typeof value === "string"
      ? value
      : isObject(value)
        ? (readString(value, "_serialized") ?? readString(value, "id") ?? readString(value, "ID"))
        : undefined;
  if (text === undefined || text === "") return undefined;
  const match = FULL_ID.exec(text);
  const [, fromMe, chat, bareId, participant] = match ?? [];
  if (bareId === undefined || chat === undefined) return { bareId: text };
  return { bareId, fromMe: fromMe === "true", chat, ...(participant === undefined ? {} : { participant }) };
}
