// Owns: the text of a JSON value however deep it nests, and how long it is. Refuses to know: what it says.
import type { Json } from "./json.ts";

/** What JSON.stringify writes, also where that gives up. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return writeDeep(value as Json);
  }
}

/** False too when it nests too deep to be written. */
export function isSmall(node: unknown, max: number): boolean {
  try {
    return JSON.stringify(node).length <= max;
  } catch {
    return false;
  }
}

interface OpenNode {
  readonly entries: Iterator<readonly [string, Json | undefined]>;
  readonly isArray: boolean;
  isFirst: boolean;
}

/** With a stack of its own instead of the engine's. */
function writeDeep(root: Json): string {
  const parts: string[] = [];
  const open: OpenNode[] = [];
  const begin = (value: Json): void => {
    if (typeof value !== "object" || value === null) {
      parts.push(JSON.stringify(value));
      return;
    }
    const isArray = Array.isArray(value);
    parts.push(isArray ? "[" : "{");
    open.push({ entries: Object.entries(value)[Symbol.iterator](), isArray, isFirst: true });
  };
  begin(root);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.entries.next();
    if (next.done === true) {
      parts.push(top.isArray ? "]" : "}");
      open.pop();
      continue;
    }
    const [key, value] = next.value;
    if (value === undefined) continue;
    if (!top.isFirst) parts.push(",");
    top.isFirst = false;
    if (!top.isArray) parts.push(JSON.stringify(key), ":");
    begin(value);
  }
  return parts.join("");
}
