// Owns the file that lets customers and their messages survive a restart of the simulator, also after kill -9.
// Knows nothing of what the simulator does with them.
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { isJsonObject } from "./json-object.ts";

export interface WrittenMessage {
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly atMs: number;
  /** Whether it opened the 24 h window. */
  readonly opens: boolean;
  readonly phone?: string;
  readonly userId?: string;
}

export interface CustomerJournal {
  readonly remembered: readonly WrittenMessage[];
  readonly append: (message: WrittenMessage) => void;
  readonly close: () => void;
}

const keptMessages = 100_000;

function parseLine(line: string): WrittenMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value)) return undefined;
    const { phoneNumberId, wamid, atMs, opens, phone, userId } = value;
    if (typeof phoneNumberId !== "string" || typeof wamid !== "string" || typeof atMs !== "number") return undefined;
    return {
      phoneNumberId,
      wamid,
      atMs,
      opens: opens !== false,
      ...(typeof phone === "string" && { phone }),
      ...(typeof userId === "string" && { userId }),
    };
  } catch {
    // A kill in the middle of a write leaves half a line; what it said is lost and nothing else.
    return undefined;
  }
}

export function openCustomerJournal(file: string | undefined): CustomerJournal {
  if (file === undefined) return { remembered: [], append: () => undefined, close: () => undefined };
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const remembered = lines
    .map(parseLine)
    .filter((message) => message !== undefined)
    .slice(-keptMessages);
  // Written anew at each start: drops half lines and what is beyond the limit.
  const fresh = `${file}.new`;
  writeFileSync(fresh, remembered.map((message) => `${JSON.stringify(message)}\n`).join(""), { mode: 0o600 });
  renameSync(fresh, file);
  const descriptor = openSync(file, "a");
  return {
    remembered,
    append: (message) => {
      writeSync(descriptor, `${JSON.stringify(message)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}
