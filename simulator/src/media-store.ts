// Owns media bytes: ids, checksums, life times, bounded memory. Knows nothing of HTTP.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { VirtualClock } from "./clock.ts";
import type { Identifiers } from "./identifiers.ts";
import type { MediaTricks } from "./media-tricks.ts";

export interface StoredMedia {
  readonly id: string;
  readonly mimeType: string;
  readonly sha256: string;
  readonly bytes: Buffer;
  readonly expiresAtMs: number;
  /** The number that owns it; absent means any. */
  readonly phoneNumberId?: string;
  readonly tricks: MediaTricks;
}

export interface MediaStore {
  /** `origin` decides the life: 30 days when uploaded, 7 days when it came with a webhook. */
  readonly add: (media: {
    readonly mimeType: string;
    readonly bytes: Buffer;
    readonly origin: "uploaded" | "webhook";
    readonly phoneNumberId?: string;
    readonly tricks?: MediaTricks;
  }) => StoredMedia;
  readonly find: (id: string) => StoredMedia | undefined;
  readonly remove: (id: string) => boolean;
  /** Path and query of a download URL that is good for five minutes. */
  readonly downloadPath: (media: StoredMedia) => string;
  /** The media that such a path stands for, while the URL lives. */
  readonly findDownload: (query: { readonly mid?: string; readonly ext?: string; readonly hash?: string }) => StoredMedia | undefined;
}

const dayMs = 86_400_000;
const urlLifeMs = 300_000;
const keptBytes = 512 * 1024 * 1024;

export function createMediaStore(deps: { readonly clock: VirtualClock; readonly identifiers: Identifiers }): MediaStore {
  const { clock, identifiers } = deps;
  const stored = new Map<string, StoredMedia>();
  const urlKey = randomBytes(32);
  let totalBytes = 0;

  const remove = (id: string): boolean => {
    const media = stored.get(id);
    if (media === undefined) return false;
    totalBytes -= media.bytes.length;
    return stored.delete(id);
  };
  const find = (id: string): StoredMedia | undefined => {
    const media = stored.get(id);
    return media !== undefined && media.expiresAtMs > clock.nowMs() ? media : undefined;
  };
  const hashOf = (id: string, expiry: string): Buffer => createHmac("sha256", urlKey).update(`${id}:${expiry}`).digest();

  return {
    add({ mimeType, bytes, origin, phoneNumberId, tricks = {} }) {
      const media: StoredMedia = {
        id: identifiers.mediaId(),
        mimeType,
        sha256: createHash("sha256").update(bytes).digest("base64"),
        bytes,
        expiresAtMs: tricks.life === "ended" ? 0 : clock.nowMs() + (origin === "uploaded" ? 30 : 7) * dayMs,
        tricks,
        ...(phoneNumberId !== undefined && { phoneNumberId }),
      };
      stored.set(media.id, media);
      totalBytes += bytes.length;
      for (const oldest of stored.keys()) {
        if (totalBytes <= keptBytes || oldest === media.id) break;
        remove(oldest);
      }
      return media;
    },
    find,
    remove,
    downloadPath(media) {
      const expiry = String(Math.floor((clock.nowMs() + urlLifeMs) / 1000));
      return `/whatsapp_business/attachments/?mid=${media.id}&ext=${expiry}&hash=${hashOf(media.id, expiry).toString("hex")}`;
    },
    findDownload({ mid, ext, hash }) {
      if (mid === undefined || ext === undefined || hash === undefined) return undefined;
      const given = Buffer.from(hash, "hex");
      const expected = hashOf(mid, ext);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return Number(ext) * 1000 > clock.nowMs() ? find(mid) : undefined;
    },
  };
}
