// Owns: what a provider calls a file of ours, and uploading it there when it has no name yet: once for each number and its bytes, whoever sends them, as long as the
// provider keeps it. The table says who uploads; a process that dies leaves its claim to run out. Refuses to know: messages, and when it is tried again.
import type { Readable } from "node:stream";
import type { Database } from "../db/database.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import type { EnclosedFile } from "../whatsapp/enclosed-file.ts";
import type { Rejection, SendChannel, Uncertain } from "../whatsapp/transport.ts";
import { type UploadFile, uploadTimeMs } from "../whatsapp/upload-file.ts";
import { claimProviderUpload, findProviderFiles, finishProviderUpload, forgetProviderFiles } from "./media-out.queries.ts";
import type { MediaStore } from "./media-store.ts";
import { platformType } from "./sendable-file.ts";

export interface FileOfMessage {
  readonly id: string;
  readonly sha256: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly isAnimated: boolean;
  readonly isUpload: boolean;
  /** Undefined: it has to be uploaded first. */
  readonly providerId: string | undefined;
  /** Uploaded a moment ago: if the provider refuses it, then not because it is old. */
  readonly isFresh: boolean;
}

export interface ChannelOfFiles {
  readonly businessId: BusinessId;
  readonly channelId: string;
}

export type UploadEnd =
  | { readonly outcome: "uploaded" }
  /** Somebody else is at it, or too many are. */
  | { readonly outcome: "busy" }
  /** The store does not have it, or does not say. */
  | { readonly outcome: "unreadable" }
  | Rejection
  | Uncertain;

export interface ProviderFiles {
  /** Those of the ids that are there. */
  find(of: ChannelOfFiles, ids: readonly string[]): Promise<readonly FileOfMessage[]>;
  /** For a provider that takes it within the message. */
  enclose(businessId: BusinessId, file: FileOfMessage): EnclosedFile;
  upload(of: ChannelOfFiles & { readonly channel: SendChannel }, file: FileOfMessage, signal: AbortSignal): Promise<UploadEnd>;
  /** The provider has refused them. */
  forget(of: ChannelOfFiles, providerIds: readonly string[]): Promise<void>;
}

export interface ProviderFilesDeps {
  readonly database: Database;
  readonly store: Pick<MediaStore, "open">;
  readonly uploadFile: UploadFile;
}

/** After the upload has been given up. */
const CLAIM_REST_MS = 30_000;
/** Of one process, which has as many connections for it (graph-upload.ts). Who gets no place looks again, as one who waits for somebody else's upload. */
const AT_ONCE = { places: 16, perBusiness: 8, maxWaiting: 0 };

export function createProviderFiles({ database, store, uploadFile }: ProviderFilesDeps): ProviderFiles {
  const places = createFairPlaces(AT_ONCE);

  /** Undefined: the store does not have it, or does not say. */
  function open(businessId: BusinessId, { id, sha256, isUpload }: FileOfMessage): Promise<Readable | undefined> {
    return store.open({ businessId, sha256, variant: "file", uploadId: isUpload ? id : undefined }).catch(() => undefined);
  }

  async function readAndUpload(
    { businessId, channel }: ChannelOfFiles & { readonly channel: SendChannel },
    file: FileOfMessage,
    signal: AbortSignal,
  ): Promise<Exclude<UploadEnd, { outcome: "uploaded" | "busy" }> | { readonly outcome: "uploaded"; readonly id: string }> {
    const body = await open(businessId, file);
    if (body === undefined) return { outcome: "unreadable" };
    return uploadFile({ channel, mimeType: platformType(file.mimeType), bytes: file.bytes, body, signal });
  }

  async function uploadOnce(
    of: ChannelOfFiles & { readonly channel: SendChannel },
    file: FileOfMessage,
    signal: AbortSignal,
  ): Promise<UploadEnd> {
    const db = database.forBusiness(of.businessId);
    const { channelId } = of;
    const { sha256, mimeType } = file;
    const claim = newId();
    const leaseMs = uploadTimeMs(file.bytes) + CLAIM_REST_MS;
    if ((await db.execute(claimProviderUpload, { channelId, sha256, mimeType, claim, leaseMs })) === 0) return { outcome: "busy" };
    const end = await readAndUpload(of, file, signal).catch((error: unknown): Uncertain => ({
      outcome: "uncertain",
      reason: String(error),
    }));
    await db.execute(finishProviderUpload, { channelId, claim, providerId: end.outcome === "uploaded" ? end.id : null });
    return end.outcome === "uploaded" ? { outcome: "uploaded" } : end;
  }

  return {
    async find({ businessId, channelId }, ids) {
      const rows = await database.forBusiness(businessId).run(findProviderFiles, { ids: [...ids], channelId });
      return rows.map(({ id, sha256, bytes, ...row }) => ({
        ...{ id, sha256, bytes, mimeType: row.mime_type, isAnimated: row.is_animated ?? false, isUpload: row.is_upload },
        ...{ providerId: row.provider_id ?? undefined, isFresh: row.is_fresh },
      }));
    },
    enclose: (businessId, file) => ({
      ...{ id: file.id, mimeType: platformType(file.mimeType), bytes: file.bytes },
      open: () => open(businessId, file),
    }),
    async upload(of, file, signal) {
      const leave = await places.take(of.businessId);
      if (leave === undefined) return { outcome: "busy" };
      try {
        return await uploadOnce(of, file, signal);
      } finally {
        leave();
      }
    },
    async forget({ businessId, channelId }, providerIds) {
      await database.forBusiness(businessId).execute(forgetProviderFiles, { channelId, providerIds: [...providerIds] });
    },
  };
}
