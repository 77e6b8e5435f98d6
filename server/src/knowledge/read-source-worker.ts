// Owns: the entry of the thread in which files and pages are read. Refuses to know: how long it may take; whoever started it ends it.
import { parentPort, workerData } from "node:worker_threads";
import type { MediaType } from "./read-source.ts";
import { readText } from "./read-text.ts";

const { bytes, mediaType, charset } = workerData as { bytes: Uint8Array; mediaType: MediaType; charset: string | undefined };
parentPort?.postMessage(await readText(Buffer.from(bytes), mediaType, charset));
