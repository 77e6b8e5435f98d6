// Owns: the facts that a running demo leaves in its data directory. Refuses to know what they are used for.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const demoFacts = z.object({
  url: z.string(),
  databaseUrl: z.string(),
  simulatorUrl: z.string(),
  phoneNumberId: z.string(),
});

export type DemoFacts = Readonly<z.infer<typeof demoFacts>>;

/** Undefined when no demo ever ran on this directory. They may be those of a demo that has ended. */
export async function readDemoFacts(dataDir: string): Promise<DemoFacts | undefined> {
  try {
    return demoFacts.parse(JSON.parse(await readFile(join(dataDir, "demo.json"), "utf8")));
  } catch {
    return undefined;
  }
}
