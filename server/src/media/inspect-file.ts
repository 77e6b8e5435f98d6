// Owns: what a file is, whatever was said of it: its type by its first bytes, its pixels, its thumbnail. Refuses to know: where it came from.
import { open, rm } from "node:fs/promises";
import { createFairPlaces } from "../kernel/fair-places.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { isPicture, MAX_PIXELS, plainType, typeOfFile, UNKNOWN_TYPE } from "./media-kinds.ts";
import { MediaProblem } from "./media-problem.ts";
import type * as ReadPicture from "./read-picture.ts";
import type { Spool, SpooledFile } from "./spool-file.ts";

interface InspectedFile {
  readonly mimeType: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Undefined: there is none to be made. */
  readonly thumbnail: SpooledFile | undefined;
  /** A picture of several frames. */
  readonly isAnimated: boolean;
}

interface InspectRequest {
  readonly businessId: string;
  readonly path: string;
  /** Of the message. */
  readonly type: string;
  /** What the provider says that it is. */
  readonly said: string | undefined;
}

/** Enough to know every kind by; more would let its sender say how long we look. */
const BEGINNING_BYTES = 256 * 1024;

async function readBeginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BEGINNING_BYTES), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Throws a MediaProblem when it is not what such a message may have. */
export type InspectFile = (request: InspectRequest) => Promise<InspectedFile>;

type Pictures = typeof ReadPicture;

/** A picture takes its pixels times four in memory at worst. */
const AT_A_TIME = 2;
const NOTHING_SEEN = { width: undefined, height: undefined, thumbnail: undefined, isAnimated: false } as const;

export function createInspectFile({ spool, log }: { readonly spool: Pick<Spool, "newPath" | "read">; readonly log: Log }): InspectFile {
  const places = createFairPlaces({ places: AT_A_TIME, perBusiness: 1 });
  let loading: Promise<Pictures | undefined> | undefined;

  /** There are machines for which the library of pictures has not been built. */
  function loadPictures(): Promise<Pictures | undefined> {
    return (loading ??= import("./read-picture.ts").catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, "media.no-thumbnails");
      return undefined;
    }));
  }

  async function thumbnailOf(path: string, { writeThumbnail }: Pictures): Promise<SpooledFile | undefined> {
    const target = await spool.newPath();
    if (await writeThumbnail(path, target)) return spool.read(target);
    await rm(target, { force: true });
    return undefined;
  }

  async function inspectPicture({ businessId, path, type }: InspectRequest, mimeType: string): Promise<InspectedFile> {
    const pictures = await loadPictures();
    const size = await pictures?.readPictureSize(path);
    if (pictures === undefined || size === undefined) return { ...NOTHING_SEEN, mimeType };
    const { width, height, pixels, isAnimated } = size;
    if (pixels > MAX_PIXELS) {
      if (type === "document") return { ...NOTHING_SEEN, mimeType: UNKNOWN_TYPE };
      const sentence = `The picture has ${String(pixels)} pixels: it is made to fill memory, and was not kept.`;
      throw new MediaProblem("too_many_pixels", sentence);
    }
    const leave = await places.take(businessId);
    try {
      return { mimeType, width, height, isAnimated, thumbnail: await thumbnailOf(path, pictures) };
    } finally {
      leave?.();
    }
  }

  return async (request) => {
    const { fileTypeFromBuffer } = await import("file-type");
    const found = await fileTypeFromBuffer(await readBeginning(request.path));
    const mimeType = typeOfFile(request.type, plainType(found?.mime), plainType(request.said));
    if (mimeType === undefined) {
      const sentence = `The file is not what a message of the type ${request.type} has (${found?.mime ?? "of no known kind"}), and was not kept.`;
      throw new MediaProblem("wrong_type", sentence);
    }
    return isPicture(mimeType) ? inspectPicture(request, mimeType) : { ...NOTHING_SEEN, mimeType };
  };
}
