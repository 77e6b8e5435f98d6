// Owns: `onethread media upload`: from a file of this machine to one that messages can name. Refuses to know: what is checked of it.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { mediaDirectoryOf, openMediaStore, openUploads } from "../compose/media-work.ts";
import { messageOf } from "../kernel/faults.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { MediaProblem } from "../media/media-problem.ts";
import type { UploadedMedia } from "../media/upload-media.ts";
import { CliFailure } from "./cli-failure.ts";
import { inBusiness } from "./in-business.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";

export interface UploadOptions {
  readonly business?: string;
  readonly type?: string;
  readonly json?: boolean;
}

/** What the first bytes of a file do not tell. */
const TYPES: Readonly<Record<string, string>> = {
  ".txt": "text/plain",
  ".csv": "text/csv",
  ".md": "text/markdown",
  ".doc": "application/msword",
  ".xls": "application/vnd.ms-excel",
  ".ppt": "application/vnd.ms-powerpoint",
};

/** Prints the id. */
export async function uploadMedia(path: string, { business, type, json }: UploadOptions, terminal: Terminal): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CliFailure(`The file ${path} cannot be read (${messageOf(cause)}). Nothing was stored.`, 1, { cause });
  });
  if (!found.isFile()) throw new CliFailure(`${path} is no file. Nothing was stored.`);
  await inBusiness({ terminal, business }, async ({ database, log, businessId }) => {
    const { config } = readToolSettings(terminal);
    const store = openMediaStore(config);
    const directory = mediaDirectoryOf(config);
    const upload = openUploads({ database, log, store, directory, scanner: config.scanner, failPoints: noFailPoints });
    const mimeType = type ?? TYPES[extname(path).toLowerCase()];
    const body = createReadStream(path);
    try {
      const { signal } = new AbortController();
      const uploaded = await upload({ businessId, body, mimeType, fileName: basename(path), signal });
      if (uploaded === "busy") throw new Error("too many files are being uploaded");
      tell(uploaded, json === true, terminal);
    } catch (error) {
      if (error instanceof MediaProblem) throw new CliFailure(`${error.message} Nothing was stored.`, 1, { cause: error });
      throw error;
    } finally {
      body.destroy();
      await store.close();
    }
  });
}

function tell(uploaded: UploadedMedia, isForMachines: boolean, terminal: Terminal): void {
  const { id, kind, mimeType } = uploaded;
  terminal.print(isForMachines ? JSON.stringify(uploaded, null, 2) : id);
  terminal.complain(`${mimeType}. Send it with {"type":"${kind}","${kind}":{"id":"${id}"}}; what nothing names within 7 days is removed.`);
}
