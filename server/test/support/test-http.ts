// Owns: the HTTP side on a real database, with an API key, and a recording intake in place of the ingest engine (a port).
import { createHmac } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { createApiKeys } from "../../src/businesses/api-keys.ts";
import { createChannelDirectory } from "../../src/businesses/channel-directory.ts";
import type { Database } from "../../src/db/database.ts";
import type { ServiceParts } from "../../src/compose/services.ts";
import { type ApiServices, createHttpApp, type HttpAppDeps } from "../../src/http/app.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import type { IntakeResult, WebhookIntake } from "../../src/ingest/webhook-intake.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { newId, type BusinessId, type ChannelId, type ConversationId } from "../../src/kernel/ids.ts";
import type { Log } from "../../src/kernel/log.ts";
import type { UploadMedia } from "../../src/media/upload-media.ts";
import type { WebhookEvent } from "../../src/whatsapp/events.ts";
import type { TestDatabase } from "./test-database.ts";
import { createTestServices } from "./test-services.ts";

export const APP_SECRET = "test-app-secret";
export const VERIFY_TOKEN = "test-verify-token";

export interface RecordingIntake extends WebhookIntake {
  readonly received: WebhookEvent[];
  /** Thrown instead of storing anything, while set. */
  fault: Error | undefined;
}

export function createRecordingIntake(): RecordingIntake {
  const received: WebhookEvent[] = [];
  return {
    received,
    fault: undefined,
    receive(events): Promise<IntakeResult> {
      if (this.fault !== undefined) return Promise.reject(this.fault);
      received.push(...events);
      return Promise.resolve({ stored: events.length, duplicates: 0, quarantined: 0 });
    },
    applyWaitingFor: () => Promise.resolve(),
  };
}

export interface TestHttp {
  readonly app: FastifyInstance;
  readonly intake: RecordingIntake;
  readonly woken: string[];
}

interface TestParts extends Pick<ServiceParts, "outside"> {
  readonly services: Omit<ApiServices, "uploadMedia">;
  /** Absent: no file is taken in. */
  readonly uploadMedia: UploadMedia;
}

export function createTestHttp(
  database: Database,
  log: Log,
  { outside, services, uploadMedia, ...overrides }: Partial<Omit<HttpAppDeps, "services"> & TestParts> = {},
): TestHttp {
  const intake = createRecordingIntake();
  const woken: string[] = [];
  const app = createHttpApp({
    services: {
      uploadMedia: uploadMedia ?? (() => Promise.resolve("busy")),
      ...(services ??
        createTestServices({
          database,
          log,
          wake: (kind) => woken.push(kind),
          onKnown: (person) => (overrides.intake ?? intake).applyWaitingFor(person),
          ...(outside === undefined ? {} : { outside }),
        })),
    },
    ping: () => database.ping(),
    intake,
    channels: createChannelDirectory({ database }),
    log,
    metrics: createMetrics({ registry: new Registry(), database, log, failPoints: noFailPoints }),
    appSecrets: [APP_SECRET],
    verifyToken: VERIFY_TOKEN,
    listPendingMigrations: () => Promise.resolve([]),
    ...overrides,
  });
  return { app, intake, woken };
}

export async function bearerFor(database: Database, businessId: BusinessId): Promise<{ readonly authorization: string }> {
  const { key } = await createApiKeys({ database }).create(businessId, "test");
  return { authorization: `Bearer ${key}` };
}

export function sign(body: string | Buffer, secret = APP_SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

export interface TestThread {
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  /** Milliseconds since the customer's last message. */
  readonly quietForMs?: number;
  readonly phone?: string;
  readonly contactName?: string;
}

/** A conversation with one message of its customer, as ingest would have stored it. */
export async function createTestThread(test: TestDatabase, thread: TestThread): Promise<ConversationId> {
  const id = newId<ConversationId>();
  const phone = thread.phone ?? `1202555${String(Math.floor(Math.random() * 9_999_999)).padStart(7, "0")}`;
  const at = new Date(Date.now() - (thread.quietForMs ?? 1_000));
  const key = `phone:${thread.businessId}:+${phone}`;
  await test.superuser.query(
    `insert into onethread.conversations (business_id, id, canonical_key, contact_name, last_seq, last_message_at, last_customer_message_at,
       reply_channel_id, reply_kind, reply_address, created_at, updated_at) values ($1, $2, $3, $4, 1, $5, $5, $6, 'phone', $7, $5, $5)`,
    [thread.businessId, id, key, thread.contactName ?? null, at, thread.channelId, phone],
  );
  await test.superuser.query(
    "insert into onethread.aliases (business_id, kind, value, conversation_id, created_at) values ($1, 'phone', $2, $3, $4)",
    [thread.businessId, phone, id, at],
  );
  await addTestMessage(test, {
    ...thread,
    conversationId: id,
    seq: 1,
    providerMessageId: `wamid.${id}`,
    type: "text",
    text: "Hello",
    sentAt: at,
  });
  return id;
}

export interface StoredMessage {
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly providerMessageId: string;
  readonly type: string;
  readonly text: string | null;
  readonly content?: object;
  readonly target?: string;
  readonly sentAt: Date;
}

export async function addTestMessage(test: TestDatabase, message: StoredMessage): Promise<void> {
  await test.superuser.query(
    `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content,
       target_provider_message_id, sent_at, received_at) values ($1, $2, $3, $4, $5, 'in', 'customer', $6, $7, $8, $9, $10, $11, $11)`,
    [
      message.businessId,
      newId(),
      message.conversationId,
      message.seq,
      message.channelId,
      message.providerMessageId,
      message.type,
      message.text,
      JSON.stringify(message.content ?? { type: message.type }),
      message.target ?? null,
      message.sentAt,
    ],
  );
}
