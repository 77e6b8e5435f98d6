// Owns: what the demo says of itself, as far as a page needs it.
import { readFile } from "node:fs/promises";

export async function readFacts(path: string): Promise<Readonly<Record<"url" | "simulatorUrl" | "apiKey", string>>> {
  const written: unknown = JSON.parse(await readFile(path, "utf8"));
  const textOf = (name: string): string => String(new Map(Object.entries(written ?? {})).get(name));
  return { url: textOf("url"), simulatorUrl: textOf("simulatorUrl"), apiKey: textOf("apiKey") };
}
