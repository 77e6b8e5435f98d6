// Owns: from bytes on this machine's disk to a file in the store: scanned, looked at, with its thumbnail. Refuses to know: where the bytes came from, and any row.
import { rm } from "node:fs/promises";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { InspectFile } from "./inspect-file.ts";
import type { MediaStore } from "./media-store.ts";
import type { ScanFile } from "./scan-file.ts";
import type { SpooledFile } from "./spool-file.ts";

export interface KeptFile {
  readonly mimeType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly isAnimated: boolean;
  readonly hasThumbnail: boolean;
}

export interface FileToKeep {
  readonly businessId: string;
  readonly file: SpooledFile;
  /** Of the message that has it. */
  readonly type: string;
  /** What was said that it is. */
  readonly said: string | undefined;
  /** Of a file that the business uploaded. */
  readonly uploadId?: string;
}

/** When it resolves, the file is in the store whatever happens next. Throws a MediaProblem. What was spooled is gone in every case. */
export type KeepFile = (file: FileToKeep, signal: AbortSignal) => Promise<KeptFile>;

export interface KeepFileDeps {
  readonly inspectFile: InspectFile;
  readonly store: MediaStore;
  /** Absent: nobody looks for viruses. */
  readonly scanFile?: ScanFile | undefined;
  readonly failPoints: FailPoints;
}

export function createKeepFile({ inspectFile, store, scanFile, failPoints }: KeepFileDeps): KeepFile {
  return async ({ businessId, file, type, said, uploadId }, signal) => {
    let thumbnail: SpooledFile | undefined;
    try {
      // Before anything decodes it.
      await scanFile?.(file.path, signal);
      const { thumbnail: small, ...seen } = await inspectFile({ businessId, path: file.path, type, said });
      thumbnail = small;
      const name = { businessId, sha256: file.sha256, uploadId };
      await failPoints.hit("media.before-store");
      await store.put({ ...file, name: { ...name, variant: "file" } });
      if (thumbnail !== undefined) await store.put({ ...thumbnail, name: { ...name, variant: "thumbnail" } });
      await failPoints.hit("media.after-store");
      return { ...seen, bytes: file.bytes, sha256: file.sha256, hasThumbnail: thumbnail !== undefined };
    } finally {
      await discardFile(file);
      if (thumbnail !== undefined) await discardFile(thumbnail);
    }
  };
}

/** Nothing, where the store has taken it. */
export async function discardFile({ path }: SpooledFile): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
