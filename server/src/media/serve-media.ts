// Owns: a file for whoever has a good link to it. Refuses to know: HTTP, and who was given the link.
import type { Readable } from "node:stream";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { checkMediaLink, type GivenSignature, type MediaLink } from "./media-link.ts";
import type { ByteRange, MediaStore } from "./media-store.ts";
import { findServedMedia } from "./media.queries.ts";

export interface ServedFile {
  /** The hash of the whole file. */
  readonly sha256: string;
  readonly variant: MediaLink["variant"];
  /** Of a thumbnail null: only the store knows. */
  readonly bytes: number | null;
  readonly mimeType: string;
  readonly fileName: string | null;
  /** Undefined: the store has lost it. */
  open(range?: ByteRange): Promise<Readable | undefined>;
}

export type ServeOutcome = { readonly outcome: "found"; readonly file: ServedFile } | { readonly outcome: "not_found" | "expired" };

export type ServeMedia = (link: MediaLink & GivenSignature) => Promise<ServeOutcome>;

export function createServeMedia({ database, store }: { readonly database: Database; readonly store: MediaStore }): ServeMedia {
  return async ({ expires, signature, ...link }) => {
    const [row] = await database.forBusiness(link.businessId as BusinessId).run(findServedMedia, { id: link.id });
    const verdict = row === undefined ? "bad" : checkMediaLink(link, { expires, signature }, { key: row.key, nowMs: Date.now() });
    if (verdict === "expired") return { outcome: "expired" };
    const { variant, businessId } = link;
    const { sha256, bytes, mime_type: mimeType } = row ?? {};
    const isThere = row?.state === "ready" && (variant === "file" || row.has_thumbnail === true);
    if (verdict === "bad" || !isThere || typeof sha256 !== "string" || typeof mimeType !== "string") return { outcome: "not_found" };
    const uploadId = row.is_upload === true ? link.id : undefined;
    const open = (range?: ByteRange): Promise<Readable | undefined> => store.open({ businessId, sha256, variant, uploadId }, range);
    const file = variant === "file" ? { mimeType, bytes: bytes ?? null } : { mimeType: "image/webp", bytes: null };
    return { outcome: "found", file: { ...file, sha256, variant, fileName: row.file_name, open } };
  };
}
