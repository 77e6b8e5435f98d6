// Owns: one attempt to fetch the file of a message: open it, take it in, look at it, put it into the store. Answers what became of it; changes no row.
// Refuses to know: claims, leases, and when it is tried again.
import { rm } from "node:fs/promises";
import type { FailPoints } from "../kernel/fail-points.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import type { InspectFile } from "./inspect-file.ts";
import { fileKindOf } from "./media-kinds.ts";
import { type MediaOrigin, type OpenMedia, mediaProblemOf } from "./media-origin.ts";
import { MediaProblem } from "./media-problem.ts";
import type { MediaStore } from "./media-store.ts";
import type { ScanFile } from "./scan-file.ts";
import type { Spool, SpooledFile } from "./spool-file.ts";

export interface FetchedFile {
  readonly mimeType: string;
  readonly fileName: string | undefined;
  readonly bytes: number;
  readonly sha256: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly hasThumbnail: boolean;
}

export type MediaOutcome =
  | { readonly outcome: "fetched"; readonly file: FetchedFile }
  | { readonly outcome: "problem"; readonly problem: MediaProblem };

export interface FetchMediaDeps {
  readonly openCloudMedia: OpenMedia;
  readonly openGatewayMedia: OpenMedia;
  readonly inspectFile: InspectFile;
  readonly spool: Spool;
  readonly store: MediaStore;
  /** Absent: nobody looks for viruses. */
  readonly scanFile?: ScanFile | undefined;
  readonly failPoints: FailPoints;
}

export type FetchMedia = (businessId: BusinessId, origin: MediaOrigin, signal: AbortSignal) => Promise<MediaOutcome>;

/** Evolution's files may be in base64, and are then held as a whole. */
const HELD_AS_A_WHOLE = { places: 4, perBusiness: 2 };
const LONGEST_NAME = 200;

/** Never throws; when `signal` aborts, the outcome means nothing. */
export function createFetchMedia(deps: FetchMediaDeps): FetchMedia {
  const { spool, store, inspectFile, failPoints } = deps;
  const places = createFairPlaces(HELD_AS_A_WHOLE);

  async function take(
    origin: MediaOrigin,
    signal: AbortSignal,
  ): Promise<{ readonly file: SpooledFile; readonly said: string | undefined }> {
    const opened = await (origin.provider === "cloud" ? deps.openCloudMedia : deps.openGatewayMedia)(origin, signal);
    const file = await spool.write(opened.body, fileKindOf(origin.type).maxBytes);
    try {
      if (opened.bytes !== undefined && opened.bytes !== file.bytes)
        throw new MediaProblem("incomplete", `The file should have ${String(opened.bytes)} bytes, and came with ${String(file.bytes)}.`);
      if (file.bytes === 0) throw new MediaProblem("incomplete", "The file came without a single byte.");
      if (opened.sha256 !== undefined && opened.sha256 !== file.sha256)
        throw new MediaProblem("sha256_mismatch", "What came is not the file that was announced: its SHA-256 is another one.");
    } catch (error) {
      await discard(file);
      throw error;
    }
    return { file, said: opened.mimeType };
  }

  async function keep(businessId: BusinessId, origin: MediaOrigin, signal: AbortSignal): Promise<FetchedFile> {
    const { file, said } = await take(origin, signal);
    let thumbnail: SpooledFile | undefined;
    try {
      // Before anything decodes it.
      await deps.scanFile?.(file.path, signal);
      const seen = await inspectFile({ businessId, path: file.path, type: origin.type, said });
      thumbnail = seen.thumbnail;
      const name = { businessId, sha256: file.sha256 };
      await failPoints.hit("media.before-store");
      await store.put({ ...file, name: { ...name, variant: "file" } });
      if (thumbnail !== undefined) await store.put({ ...thumbnail, name: { ...name, variant: "thumbnail" } });
      await failPoints.hit("media.after-store");
      const { mimeType, width, height } = seen;
      const { bytes, sha256 } = file;
      return { mimeType, width, height, bytes, sha256, fileName: fileNameOf(origin), hasThumbnail: thumbnail !== undefined };
    } finally {
      await discard(file);
      if (thumbnail !== undefined) await discard(thumbnail);
    }
  }

  return async (businessId, origin, signal) => {
    const leave = origin.provider === "evolution" ? await places.take(businessId) : undefined;
    try {
      return { outcome: "fetched", file: await keep(businessId, origin, signal) };
    } catch (error) {
      return { outcome: "problem", problem: mediaProblemOf(error) };
    } finally {
      leave?.();
    }
  };
}

/** Nothing, where the store has taken it. */
async function discard({ path }: SpooledFile): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** As the customer's phone named it, without what leads elsewhere or cannot be seen. */
function fileNameOf({ type, content }: MediaOrigin): string | undefined {
  const given = readString(readObject(content, type), "filename");
  const plain = given
    ?.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[\\/:*?"<>|]/g, "_")
    .trim()
    .slice(0, LONGEST_NAME);
  return plain === "" || plain === undefined ? undefined : plain.toWellFormed();
}
