// Owns: where the files of messages are kept, and what fetches them, put together. Refuses to know: what a file is, and who looks at it.
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { Log } from "../kernel/log.ts";
import type { FileWorker } from "../media/claimed-work.ts";
import { createFetchMedia } from "../media/fetch-media.ts";
import { createInspectFile } from "../media/inspect-file.ts";
import { createKeepFile, type KeepFile } from "../media/keep-file.ts";
import { createLocalStore } from "../media/local-store.ts";
import type { FetchLimits } from "../media/media-origin.ts";
import type { MediaStore } from "../media/media-store.ts";
import { createMediaWorker, type MediaWorkerDeps } from "../media/media-worker.ts";
import { createOpenCloudMedia } from "../media/open-cloud-media.ts";
import { createOpenGatewayMedia } from "../media/open-gateway-media.ts";
import { createOpenWebMedia } from "../media/open-web-media.ts";
import { createS3Store } from "../media/s3-store.ts";
import { createScanFile, type ScannerAddress } from "../media/scan-file.ts";
import { createSpool, type Spool } from "../media/spool-file.ts";
import { createUploadMedia, type UploadMedia } from "../media/upload-media.ts";
import { createOutsideHttp } from "../outside/outside-http.ts";

type MediaConfig = Pick<Config, "dataDir" | "mediaDir" | "s3Url" | "s3Region" | "s3KeyId" | "s3Secret">;

export const mediaDirectoryOf = ({ mediaDir, dataDir }: MediaConfig): string => mediaDir ?? join(dataDir, "media");

/** Throws with a sentence for the operator when the settings are not whole. */
export function openMediaStore(config: MediaConfig): MediaStore {
  const { s3Url: url, s3Region: region, s3KeyId: keyId, s3Secret: secret } = config;
  if (url === undefined) return createLocalStore(mediaDirectoryOf(config));
  if (keyId === undefined || secret === undefined)
    throw new Error("ONETHREAD_S3_URL is set, and ONETHREAD_S3_KEY_ID or ONETHREAD_S3_SECRET is not. Nothing was started; set both.");
  return createS3Store({ url, region, keyId, secret });
}

export interface MediaWorkDeps extends Pick<MediaWorkerDeps, "backoffMs" | "leaseMs" | "onEnd" | "pollMs" | "wantsTranscripts"> {
  readonly database: Database;
  readonly log: Log;
  readonly failPoints: FailPoints;
  readonly store: MediaStore;
  /** For files on their way into the store. */
  readonly directory: string;
  readonly graphUrl: string;
  readonly graphVersion: string;
  readonly mediaHosts: readonly string[];
  /** Hosts inside our network that a message may name all the same. */
  readonly privateHosts: readonly string[];
  readonly webMediaUrl?: string;
  /** `host:port` of clamd; absent: files are not scanned. */
  readonly scanner?: string | undefined;
  readonly limits?: FetchLimits;
}

/** On their way into the store, whoever brings them. */
function openKeeping(deps: Pick<MediaWorkDeps, "directory" | "failPoints" | "log" | "scanner" | "store">): {
  readonly spool: Spool;
  readonly keepFile: KeepFile;
} {
  const { directory, failPoints, log, scanner, store } = deps;
  const spool = createSpool(join(directory, "incoming"));
  const scanFile = scanner === undefined ? undefined : createScanFile(scannerAddress(scanner));
  return { spool, keepFile: createKeepFile({ store, failPoints, scanFile, inspectFile: createInspectFile({ spool, log }) }) };
}

const UPLOADS = { places: 16, perBusiness: 4, maxWaiting: 0 };

/** What the API takes in. */
export function openUploads(deps: Pick<MediaWorkDeps, "database" | "directory" | "failPoints" | "log" | "scanner" | "store">): UploadMedia {
  return createUploadMedia({ database: deps.database, ...openKeeping(deps), places: createFairPlaces(UPLOADS) });
}

export interface MediaWork extends FileWorker {
  /** After `stop`. */
  close(): Promise<void>;
}

/** A file of 100 MB at half a megabit per second takes half an hour. */
const LIMITS: FetchLimits = { timeoutMs: 1_800_000, idleMs: 30_000 };
const WEB_MEDIA_URL = "https://mmg.whatsapp.net";

export function createMediaWork(deps: MediaWorkDeps): MediaWork {
  const { limits = LIMITS, webMediaUrl = WEB_MEDIA_URL, graphUrl, graphVersion, mediaHosts, privateHosts } = deps;
  const { spool, keepFile } = openKeeping(deps);
  // The operator has entered this address; what Graph answers may name no other one in this network.
  const graph = createOutsideHttp({ privateHosts: [hostOf(graphUrl)] });
  const outside = createOutsideHttp({ privateHosts });
  // Only for the addresses of gateways, which the operator has entered.
  const gateways = createOutsideHttp({ privateHosts: ["*"] });
  const openWebMedia = createOpenWebMedia({ outside, webMediaUrl, limits });
  const fetchMedia = createFetchMedia({
    spool,
    keepFile,
    openCloudMedia: createOpenCloudMedia({ outside: graph, graphUrl, graphVersion, mediaHosts, limits }),
    openGatewayMedia: createOpenGatewayMedia({ outside, gateways, openWebMedia, limits }),
  });
  const worker = createMediaWorker({ ...deps, fetchMedia });
  return {
    ...worker,
    start() {
      void spool.tidy();
      worker.start();
    },
    async close() {
      await Promise.all([graph.close(), outside.close(), gateways.close()]);
    },
  };
}

/** IPv6 in brackets. */
function scannerAddress(text: string): ScannerAddress {
  const { hostname, port } = new URL(`tcp://${text}`);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

function hostOf(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
}
