// Owns: one attempt to fetch the file of a message: open it, take it in, look at it, put it into the store. Answers what became of it; changes no row.
// Refuses to know: claims, leases, and when it is tried again.
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { discardFile, type KeepFile, type KeptFile } from "./keep-file.ts";
import { plainFileName } from "./file-name.ts";
import { fileKindOf } from "./media-kinds.ts";
import { type MediaOrigin, type OpenMedia, mediaProblemOf } from "./media-origin.ts";
import { MediaProblem } from "./media-problem.ts";
import type { Spool, SpooledFile } from "./spool-file.ts";

export interface FetchedFile extends KeptFile {
  readonly fileName: string | undefined;
}

export type MediaOutcome =
  | { readonly outcome: "fetched"; readonly file: FetchedFile }
  | { readonly outcome: "problem"; readonly problem: MediaProblem };

export interface FetchMediaDeps {
  readonly openCloudMedia: OpenMedia;
  readonly openGatewayMedia: OpenMedia;
  readonly spool: Spool;
  readonly keepFile: KeepFile;
}

export type FetchMedia = (businessId: BusinessId, origin: MediaOrigin, signal: AbortSignal) => Promise<MediaOutcome>;

/** Evolution's files may be in base64, and are then held as a whole. */
const HELD_AS_A_WHOLE = { places: 4, perBusiness: 2 };

/** Never throws; when `signal` aborts, the outcome means nothing. */
export function createFetchMedia(deps: FetchMediaDeps): FetchMedia {
  const { spool, keepFile } = deps;
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
      await discardFile(file);
      throw error;
    }
    return { file, said: opened.mimeType };
  }

  async function keep(businessId: BusinessId, origin: MediaOrigin, signal: AbortSignal): Promise<FetchedFile> {
    const { file, said } = await take(origin, signal);
    const kept = await keepFile({ businessId, file, type: origin.type, said }, signal);
    return { ...kept, fileName: plainFileName(readString(readObject(origin.content, origin.type), "filename")) };
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
