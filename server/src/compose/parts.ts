// Owns: what the parts of a process share while they are put together.
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import type { Metrics } from "../http/metrics.ts";
import type { Intake } from "../ingest/create-intake.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import type { MediaStore } from "../media/media-store.ts";
import type { WakeUps } from "../lanes/wake-ups.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { Responder } from "../answers/responder.ts";
import type { Services } from "./services.ts";

/** Ports that a test takes over. */
export interface Overrides {
  readonly failPoints?: FailPoints;
  /** Answers for every business, whatever it has chosen. */
  readonly responder?: Responder;
}

export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly failPoints: FailPoints;
  readonly overrides: Overrides;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly channels: ChannelDirectory;
  readonly intake: Intake;
  readonly wakeUps: WakeUps;
  /** Where the files of messages are. */
  readonly mediaStore: MediaStore;
  /** For every request to an address that a business has chosen. */
  readonly outside: OutsideHttp;
  readonly metrics: Metrics;
  readonly services: Services;
  /** Runs in reverse order at the end. */
  readonly atEnd: (step: () => Promise<void>) => void;
}
