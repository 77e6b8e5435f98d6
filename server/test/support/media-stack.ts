// Owns: files on their way from a customer's phone to the store: the simulator, the real webhook address and intake, a worker, a directory of the test's own.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { startSimulator, type Simulator } from "@onethread/simulator";
import { createMediaWork, type MediaWork, type MediaWorkDeps } from "../../src/compose/media-work.ts";
import type { Database } from "../../src/db/database.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { createLocalStore } from "../../src/media/local-store.ts";
import type { MediaStore } from "../../src/media/media-store.ts";
import type { MediaView } from "../../src/media/media-view.ts";
import { createServeMedia } from "../../src/media/serve-media.ts";
import { createTestBusiness, type TestBusiness } from "./test-business.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { APP_SECRET, bearerFor, createTestHttp } from "./test-http.ts";
import { createTestIntake } from "./test-intake.ts";

export interface MediaStack {
  readonly test: TestDatabase;
  readonly database: Database;
  readonly business: TestBusiness;
  /** Of the same simulator. */
  readonly otherBusiness: TestBusiness;
  readonly simulator: Simulator;
  readonly app: FastifyInstance;
  /** Where the app listens. */
  readonly url: string;
  readonly directory: string;
  readonly store: MediaStore;
  /** Not started; closed with the stack. */
  openWork(options?: Partial<MediaWorkDeps>): MediaWork;
  /** A customer sends it. Answers the id of its message. */
  send(message: Readonly<Record<string, unknown>>, business?: TestBusiness): Promise<string>;
  view(messageId: string, business?: TestBusiness): Promise<MediaView | null>;
  /** The row, as it lies. */
  row(messageId: string): Promise<Readonly<Record<string, unknown>>>;
  /** Names of files that are in the store, without those that are on their way. */
  listStored(): Promise<readonly string[]>;
  close(): Promise<void>;
}

let customers = 0;

export async function createMediaStack(): Promise<MediaStack> {
  const test = await createTestDatabase();
  const database = test.open();
  const business = await createTestBusiness(test.superuser);
  const otherBusiness = await createTestBusiness(test.superuser);
  const directory = await mkdtemp(join(tmpdir(), "onethread-media-"));
  const store = createLocalStore(directory);
  const intake = createTestIntake(test, { database });
  const { app } = createTestHttp(database, test.log, { intake, serveMedia: createServeMedia({ database, store }) });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const simulator = await startSimulator({
    port: 0,
    webhookUrl: `${url}/webhooks/whatsapp`,
    appSecret: APP_SECRET,
    accessToken: "test-token",
    numbers: [business, otherBusiness].map(({ phoneNumberId }) => ({
      ...{ phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001", verifiedName: "Aurora" },
    })),
  });
  const works: MediaWork[] = [];
  const keys = new Map<string, { readonly authorization: string }>();

  async function headersOf({ businessId }: TestBusiness): Promise<{ readonly authorization: string }> {
    const headers = keys.get(businessId) ?? (await bearerFor(database, businessId));
    keys.set(businessId, headers);
    return headers;
  }

  return {
    ...{ test, database, business, otherBusiness, simulator, app, url, directory, store },
    openWork(options = {}) {
      const work = createMediaWork({
        ...{ database, log: test.log, failPoints: noFailPoints, store, directory, graphUrl: simulator.url, graphVersion: "v26.0" },
        ...{
          mediaHosts: ["lookaside.fbsbx.com"],
          privateHosts: [],
          limits: { timeoutMs: 20_000, idleMs: 5_000 },
          backoffMs: () => 3_600_000,
          leaseMs: 60_000,
        },
        ...options,
      });
      works.push(work);
      return work;
    },
    async send(message, { phoneNumberId } = business) {
      customers += 1;
      const from = `12025550${String(customers).padStart(3, "0")}`;
      const [result] = await simulator.inbound({ from, phoneNumberId, ...message });
      const { rows } = await test.superuser.query<{ id: string }>("select id from messages where provider_message_id = $1", [
        result?.messageId,
      ]);
      if (rows[0] === undefined) throw new Error("the message was not stored");
      return rows[0].id;
    },
    async view(messageId, of = business) {
      const answer = await app.inject({ url: `/api/v1/messages/${messageId}`, headers: await headersOf(of) });
      return answer.json<{ media: MediaView | null }>().media;
    },
    async row(messageId) {
      const { rows } = await test.superuser.query<Record<string, unknown>>("select * from media where id = $1", [messageId]);
      if (rows[0] === undefined) throw new Error("the message has no file");
      return rows[0];
    },
    async listStored() {
      const names = await readdir(directory, { recursive: true, withFileTypes: true });
      return names.filter((entry) => entry.isFile() && !entry.parentPath.endsWith("incoming")).map(({ name }) => name);
    },
    async close() {
      for (const work of works) {
        await work.stop();
        await work.close();
      }
      await simulator.stop();
      await app.close();
      await intake.idle();
      await test.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
