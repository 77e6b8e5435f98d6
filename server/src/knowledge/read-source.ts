// Owns: which files and pages can be read, and reading one in a thread of its own, within limits of time and memory: a file that was made to cost stops
// neither the API nor a worker. Refuses to know: how each kind is read (read-text.ts).
import { Worker } from "node:worker_threads";

export const MEDIA_TYPES = ["text/plain", "text/markdown", "text/html", "text/csv", "application/pdf"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];
/** How a text is kept after it was read: a table as it is, everything else with Markdown's headings. */
export type TextMediaType = "text/plain" | "text/markdown" | "text/csv";

export type ReadSource =
  | { readonly outcome: "read"; readonly text: string; readonly mediaType: TextMediaType; readonly title: string | undefined }
  | { readonly outcome: "refused"; readonly reason: string };

export const MAX_TEXT_LENGTH = 2_000_000;

const BY_ENDING: Readonly<Record<string, MediaType>> = {
  txt: "text/plain",
  text: "text/plain",
  md: "text/markdown",
  markdown: "text/markdown",
  htm: "text/html",
  html: "text/html",
  xhtml: "text/html",
  csv: "text/csv",
  tsv: "text/csv",
  pdf: "application/pdf",
};
const ALSO: Readonly<Record<string, MediaType>> = {
  "application/xhtml+xml": "text/html",
  "text/x-markdown": "text/markdown",
  "application/csv": "text/csv",
};

/** From a file's name, or a Content-Type with or without its parameters. Undefined: it cannot be read. */
export function findMediaType(name: string): MediaType | undefined {
  const type = name.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = MEDIA_TYPES.find((mediaType) => mediaType === type) ?? ALSO[type];
  return known ?? (type.includes("/") && !type.includes(".") ? undefined : BY_ENDING[/\.([a-z]+)$/.exec(type)?.[1] ?? ""]);
}

export interface ReadLimits {
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  /** Threads at the same time; whoever comes then waits. */
  readonly slots?: number;
}

export type ReadSourceOf = (bytes: Buffer, mediaType: MediaType, charset?: string) => Promise<ReadSource>;

const refused = (reason: string): ReadSource => ({ outcome: "refused", reason });

export function createReadSource({ timeoutMs = 20_000, memoryMb = 512, slots = 2 }: ReadLimits = {}): ReadSourceOf {
  const waiting: (() => void)[] = [];
  let free = slots;

  async function takeSlot(): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }
  function giveSlot(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }

  return async (bytes, mediaType, charset) => {
    await takeSlot();
    const worker = new Worker(new URL("./read-source-worker.ts", import.meta.url), {
      workerData: { bytes, mediaType, charset },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      execArgv: [],
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ReadSource>((resolve) => {
        const tooMuch = refused(
          `It could not be read as ${mediaType}: it takes too much memory. Give it as plain text, or in several parts.`,
        );
        timer = setTimeout(() => {
          resolve(
            refused(`It could not be read as ${mediaType} within ${String(timeoutMs)} ms. Give it as plain text, or in several parts.`),
          );
        }, timeoutMs);
        worker.once("message", (read: ReadSource) => {
          resolve(read);
        });
        worker.once("error", () => {
          resolve(tooMuch);
        });
        worker.once("exit", () => {
          resolve(tooMuch);
        });
      });
    } finally {
      clearTimeout(timer);
      await worker.terminate();
      giveSlot();
    }
  };
}

/** Never throws: what cannot be read is refused with a sentence. */
export const readSource = createReadSource();
