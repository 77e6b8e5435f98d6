// Owns: a file that a business uploaded, as something that can be read from where it is kept. Refuses to know: what for.
import type { Readable } from "node:stream";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { findKeptUpload } from "./media-out.queries.ts";
import type { MediaStore } from "./media-store.ts";

export interface KeptUpload {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  /** Undefined: it is gone by now. */
  open(): Promise<Readable | undefined>;
}

/** Undefined: the business has uploaded no such file, or it is being removed. */
export type OpenUpload = (businessId: BusinessId, id: string) => Promise<KeptUpload | undefined>;

export function createOpenUpload({
  database,
  store,
}: {
  readonly database: Database;
  readonly store: Pick<MediaStore, "open">;
}): OpenUpload {
  return async (businessId, id) => {
    const [file] = await database.forBusiness(businessId).run(findKeptUpload, { id });
    if (file === undefined) return undefined;
    const { sha256, mime_type: mimeType, bytes, file_name: name } = file;
    return {
      ...{ name: name ?? "example", mimeType, bytes },
      open: () => store.open({ businessId, sha256, variant: "file", uploadId: id }),
    };
  };
}
