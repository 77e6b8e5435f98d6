// Owns: files on their way from a customer's phone to the store: the simulator, the real webhook address and intake, a worker, a directory of the test's own.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { startSimulator, type Simulator } from "@onethread/simulator";
import { createLaneWork } from "../../src/compose/lane-work.ts";
import { createMediaWork, openUploads, type MediaWork, type MediaWorkDeps } from "../../src/compose/media-work.ts";
import type { Services } from "../../src/compose/services.ts";
import type { Database } from "../../src/db/database.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { createLaneStore } from "../../src/lanes/lane-store.ts";
import { createOutsideHttp } from "../../src/outside/outside-http.ts";
import { createGatewayHttp } from "../../src/whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../../src/whatsapp/gateways/gateway-transport.ts";
import { createGraphClient } from "../../src/whatsapp/graph-client.ts";
import { createGraphTemplates } from "../../src/whatsapp/graph-templates.ts";
import { createGraphUpload } from "../../src/whatsapp/graph-upload.ts";
import type { UploadFile } from "../../src/whatsapp/upload-file.ts";
import { isGateway } from "../../src/whatsapp/providers.ts";
import { createLocalStore } from "../../src/media/local-store.ts";
import type { MediaStore } from "../../src/media/media-store.ts";
import type { MediaView } from "../../src/media/media-view.ts";
import { createServeMedia } from "../../src/media/serve-media.ts";
import { createTestBusiness, type TestBusiness } from "./test-business.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { APP_SECRET, bearerFor, createTestHttp } from "./test-http.ts";
import { createTestIntake } from "./test-intake.ts";
import { createTestServices } from "./test-services.ts";

export interface MediaStack {
  readonly test: TestDatabase;
  readonly database: Database;
  readonly services: Services;
  readonly business: TestBusiness;
  /** Of the same simulator. */
  readonly otherBusiness: TestBusiness;
  readonly simulator: Simulator;
  readonly app: FastifyInstance;
  /** Where the app listens. */
  readonly url: string;
  readonly directory: string;
  readonly store: MediaStore;
  readonly headers: (business?: TestBusiness) => Promise<{ readonly authorization: string }>;
  /** Sends everything that is due, in all conversations at the same time. `uploadFile`: instead of the Cloud API's own. */
  deliver(uploadFile?: UploadFile): Promise<void>;
  /** To the Cloud API. */
  readonly uploadFile: UploadFile;
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
  const uploadMedia = openUploads({ database, store, directory, log: test.log, failPoints: noFailPoints });
  const { app } = createTestHttp(database, test.log, { intake, uploadMedia, serveMedia: createServeMedia({ database, store }) });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const simulator = await startSimulator({
    port: 0,
    webhookUrl: `${url}/webhooks/whatsapp`,
    appSecret: APP_SECRET,
    accessToken: "test-token",
    statuses: "none",
    numbers: [business, otherBusiness].map(({ phoneNumberId }) => ({
      ...{ phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001", verifiedName: "Aurora" },
    })),
  });
  const transport = createGraphClient({ baseUrl: simulator.url, version: "v26.0", timeoutMs: 5_000 });
  const upload = createGraphUpload({ baseUrl: simulator.url, version: "v26.0" });
  const gateways = createGatewayHttp({ timeoutMs: 5_000 });
  const lanes = createLaneStore(database.acrossBusinesses);
  const templatePlatform = createGraphTemplates({ baseUrl: () => simulator.url, version: "v26.0" });
  const services = createTestServices({ database, log: test.log, templatePlatform });
  const works: MediaWork[] = [];
  const keys = new Map<string, { readonly authorization: string }>();

  async function headersOf({ businessId }: TestBusiness): Promise<{ readonly authorization: string }> {
    const headers = keys.get(businessId) ?? (await bearerFor(database, businessId));
    keys.set(businessId, headers);
    return headers;
  }

  return {
    ...{ test, database, services, business, otherBusiness, simulator, app, url, directory, store },
    headers: (of = business) => headersOf(of),
    uploadFile: upload.uploadFile,
    async deliver(uploadFile = upload.uploadFile) {
      const work = createLaneWork({
        ...{ database, log: test.log, failPoints: noFailPoints, overrides: {}, services, mediaStore: store, uploadFile },
        ...{
          outside: createOutsideHttp({ privateHosts: [] }),
          transportOf: (provider, channel) =>
            provider !== null && isGateway(provider) ? gatewayTransport(gateways, provider, channel ?? undefined) : transport,
          wake: () => undefined,
          onTurn: () => undefined,
        },
      });
      const due = await lanes.claim({ kind: "send", limit: 100, leaseMs: 60_000, owner: "test" });
      await Promise.all(due.map((lane) => work.deliver(lane, new AbortController().signal)));
    },
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
      await transport.close();
      await upload.close();
      await gateways.close();
      await templatePlatform.close();
      await simulator.stop();
      await app.close();
      await intake.idle();
      await test.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
