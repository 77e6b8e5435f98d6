// Owns: pictures of customers for a model that sees: from the store, made smaller, and never as they came. Refuses to know: which model, and which turn.
import { createFairPlaces } from "../kernel/fair-places.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import { fileKindOf } from "./media-kinds.ts";
import type { MediaStore } from "./media-store.ts";
import { readStored } from "./read-stored.ts";

interface PictureRequest {
  readonly businessId: BusinessId;
  /** The hash of a file that is ready: whoever scans files has looked at it before. */
  readonly sha256: string;
  readonly maxPixels: number;
}

/** JPEG. Undefined: it is not to be had, in time, or at all. Never rejects. */
type ShowPicture = (request: PictureRequest) => Promise<Uint8Array | undefined>;

/** Each takes its pixels times four in memory at worst. */
const AT_A_TIME = { places: 2, perBusiness: 1 };
const WITHIN_MS = 5_000;

export function createShowPicture({ store, log }: { readonly store: Pick<MediaStore, "open">; readonly log: Log }): ShowPicture {
  const places = createFairPlaces(AT_A_TIME);

  async function shrink({ businessId, sha256, maxPixels }: PictureRequest): Promise<Uint8Array | undefined> {
    const leave = await places.take(businessId);
    try {
      const file = await readStored(store, { businessId, sha256, variant: "file" }, fileKindOf("image").maxBytes);
      if (file === undefined) return undefined;
      const { shrinkPicture } = await import("./read-picture.ts");
      return await shrinkPicture(file, maxPixels);
    } finally {
      leave?.();
    }
  }

  return async (request) => {
    try {
      return await withTimeout(shrink(request), WITHIN_MS);
    } catch (error) {
      log.warn({ businessId: request.businessId, error: messageOf(error) }, "media.picture-not-shown");
      return undefined;
    }
  };
}
