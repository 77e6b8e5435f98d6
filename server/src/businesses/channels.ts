// Owns: connecting WhatsApp numbers to a business. Never shows an access token again.
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { newId, type BusinessId, type ChannelId } from "../kernel/ids.ts";
import { isObject, readString } from "../kernel/read-json.ts";
import { idOf, instant, isoOf } from "../kernel/shapes.ts";
import type { Provider } from "../whatsapp/providers.ts";
import { channelDirectoryKey } from "./channel-directory.ts";
import {
  insertChannel,
  insertDirectoryEntry,
  listChannels,
  resumeChannel,
  setChannelPace,
  setChannelAccount,
  setDirectSend,
  stopChannel,
  upsertChannelSecret,
  upsertWebhookSecret,
} from "./businesses.queries.ts";

export const DIRECT_SEND_STATES = ["unknown", "open", "closed"] as const;
export type DirectSendState = (typeof DIRECT_SEND_STATES)[number];

export const channelSchema = z
  .object({
    id: idOf<ChannelId>(),
    provider: z.string(),
    externalId: z
      .string()
      .nullable()
      .describe("Meta's id of the number; null for a gateway, where it would be the secret of its webhook's address."),
    accountId: z.string().nullable(),
    displayPhoneNumber: z.string().nullable(),
    name: z.string(),
    stoppedAt: instant.nullable(),
    stoppedReason: z.string().nullable(),
    sendsPerSecond: z
      .int()
      .nullable()
      .describe(
        "Messages that leave in a second, whoever sends them: 80 of the Cloud API, 1,000 once WhatsApp has upgraded the number, or what was set. Null: no limit.",
      ),
    sendsInARow: z.int().nullable().describe("Messages to one customer at once; from then on one every 6 s. Null: no limit."),
    heldUntil: instant.nullable().describe("WhatsApp asked to wait: until then nothing is sent, what is to be sent is kept."),
    heldReason: z.string().nullable(),
    createdAt: instant,
    health: z.string().describe("The worst that the provider reports: ok, restricted, disconnected, banned or removed."),
    signals: z
      .array(
        z.object({
          aspect: z
            .string()
            .describe(
              "account, partner, connection, restriction:…, reachout, capping, quality, limit, capability, name, username, review, security, settings:…, alert:… and more.",
            ),
          state: z.string(),
          health: z.string(),
          until: z.string().nullable(),
          sentence: z.string(),
          at: z.string(),
        }),
      )
      .readonly()
      .describe("The newest that is known of each side of it, the worst first."),
    directSend: z
      .object({
        state: z
          .enum(DIRECT_SEND_STATES)
          .describe("open: it was accepted; closed: it was refused, or somebody said so; unknown: it is tried."),
        since: instant.nullable(),
        until: instant.nullable().describe("Closed: then it is tried again. Null: when somebody says so."),
        reason: z.string().nullable(),
      })
      .nullable()
      .describe(
        "Whether its account sends content without a template outside the 24 hours (Direct Send). Null: a gateway, which needs none.",
      ),
    history: z
      .object({
        progress: z.int().nullable().describe("Of the whole past, in percent, as far as WhatsApp has handed it over."),
        phase: z.int().nullable().describe("0: the last day; 1: up to 90 days; 2: up to 180 days."),
        messages: z.int().describe("In what was handed over."),
        done: z.int().describe("Of them those that the import has gone through."),
        imported: z.int().describe("Of these those that were not here already."),
        waiting: z.int().describe("Chunks that are still to be imported."),
        at: z.string().describe("When the newest chunk came."),
      })
      .nullable()
      .describe(
        "The earlier chats of a WhatsApp Business app that was connected. Null: none was handed over; a signal `history` says why, where WhatsApp does.",
      ),
  })
  .meta({ id: "Channel" });

export type Channel = Readonly<z.output<typeof channelSchema>>;
type ChannelSignal = Channel["signals"][number];

export interface NewChannel {
  readonly businessId: BusinessId;
  readonly provider: Provider;
  readonly externalId: string;
  readonly name: string;
  readonly accountId?: string | undefined;
  readonly displayPhoneNumber?: string | undefined;
  readonly accessToken?: string | undefined;
  /** Of a gateway: where it is reached, and which of its instances (Evolution) or sessions (WAHA) this is. */
  readonly gateway?: { readonly baseUrl: string; readonly instance?: string | undefined } | undefined;
  /** What proves a gateway's webhooks. */
  readonly webhookSecret?: string | undefined;
}

export interface ChannelPace {
  /** 1 to 10,000. */
  readonly perSecond?: number | undefined;
  /** To one customer: 1 to 45. */
  readonly inARow?: number | undefined;
}

export type CreateChannelOutcome =
  | { readonly outcome: "created"; readonly channel: Channel }
  | { readonly outcome: "number_taken"; readonly sentence: string };

export interface Channels {
  /** A number is connected once in the whole installation: two tenants would both get its messages. */
  create(input: NewChannel): Promise<CreateChannelOutcome>;
  /** False when the business has no such channel. Resumes a stopped channel. */
  setToken(businessId: BusinessId, channelId: string, accessToken: string): Promise<boolean>;
  /** False when the business has no such channel of the Cloud API. Says to which WhatsApp Business Account it belongs. */
  setAccount(businessId: BusinessId, channelId: string, accountId: string): Promise<boolean>;
  /** False when the business has no such channel. Messages still come in; nothing is sent until it is resumed. The first reason stays. */
  stop(businessId: BusinessId, channelId: string, reason: string): Promise<boolean>;
  /** False when the business has no such channel. */
  resume(businessId: BusinessId, channelId: string): Promise<boolean>;
  /** False when the business has no such channel. Absent: as the provider has it. */
  setPace(businessId: BusinessId, channelId: string, pace: ChannelPace): Promise<boolean>;
  /** False when the business has no such channel of the Cloud API. It holds for the whole account, until a send tells otherwise. */
  setDirectSend(businessId: BusinessId, channelId: string, state: DirectSendState): Promise<boolean>;
  list(businessId: BusinessId): Promise<readonly Channel[]>;
}

/** Rolls the transaction back. */
class NumberTaken extends Error {}

export function createChannels(deps: { readonly database: Database }): Channels {
  const { database } = deps;
  return {
    async create(input) {
      try {
        return { outcome: "created", channel: await insert(database, input) };
      } catch (error) {
        if (!(error instanceof NumberTaken)) throw error;
        const which = input.provider === "cloud" ? `number ${input.externalId}` : "address";
        const sentence = `The ${input.provider} ${which} is connected already. Nothing was changed; list the channels to see where, or connect another number.`;
        return { outcome: "number_taken", sentence };
      }
    },
    async setToken(businessId, channelId, accessToken) {
      return (await database.forBusiness(businessId).execute(upsertChannelSecret, { channelId, accessToken })) > 0;
    },
    async setAccount(businessId, channelId, accountId) {
      return (await database.forBusiness(businessId).execute(setChannelAccount, { channelId, accountId })) > 0;
    },
    async stop(businessId, channelId, reason) {
      return (await database.forBusiness(businessId).execute(stopChannel, { channelId, reason })) > 0;
    },
    async resume(businessId, channelId) {
      return (await database.forBusiness(businessId).execute(resumeChannel, { channelId })) > 0;
    },
    async setPace(businessId, channelId, { perSecond, inARow }) {
      return (await database.forBusiness(businessId).execute(setChannelPace, { channelId, perSecond, inARow })) > 0;
    },
    async setDirectSend(businessId, channelId, state) {
      return (await database.forBusiness(businessId).execute(setDirectSend, { channelId, state, eventId: newId() })) > 0;
    },
    async list(businessId) {
      const rows = await database.forBusiness(businessId).run(listChannels, {});
      return rows.map(channelOf);
    },
  };
}

async function insert(database: Database, input: NewChannel): Promise<Channel> {
  const { businessId, provider, externalId, accountId, displayPhoneNumber, name, webhookSecret, accessToken } = input;
  const id = newId<ChannelId>();
  return database.forBusiness(businessId).transaction(async (tx) => {
    const entry = { kind: "channel", key: channelDirectoryKey(provider, externalId), targetId: id };
    if ((await tx.execute(insertDirectoryEntry, entry)) === 0) throw new NumberTaken();
    const settings = JSON.stringify(input.gateway ?? {});
    const [row] = await tx.run(insertChannel, { id, provider, externalId, accountId, displayPhoneNumber, name, settings });
    if (row === undefined) throw new Error("the insert of a channel answered no row");
    if (webhookSecret !== undefined) await tx.run(upsertWebhookSecret, { channelId: id, secret: webhookSecret });
    if (accessToken !== undefined) await tx.run(upsertChannelSecret, { channelId: id, accessToken });
    return channelOf(row);
  });
}

type Shown = "signals" | "history" | "direct_send";
type ShownRow = Omit<Row<typeof listChannels>, Shown> & { readonly [Key in Shown]?: unknown };

function channelOf(row: ShownRow): Channel {
  const signals = signalsOf(row.signals);
  return {
    id: row.id as ChannelId,
    provider: row.provider,
    externalId: row.provider === "cloud" ? row.external_id : null,
    accountId: row.account_id,
    displayPhoneNumber: row.display_phone_number,
    name: row.name,
    stoppedAt: isoOf(row.stopped_at),
    stoppedReason: row.stopped_reason,
    sendsPerSecond: row.sends_per_second,
    sendsInARow: row.sends_in_a_row,
    heldUntil: isoOf(row.held_until),
    heldReason: row.held_reason,
    createdAt: row.created_at.toISOString(),
    health: signals[0]?.health ?? "ok",
    signals,
    directSend: row.provider === "cloud" ? directSendOf(row.direct_send) : null,
    // Our own statement wrote it.
    history: (row.history ?? null) as Channel["history"],
  };
}

/** Our own statement wrote it; PostgreSQL writes an instant with its offset. */
function directSendOf(written: unknown): NonNullable<Channel["directSend"]> {
  const node = isObject(written) ? written : {};
  const at = (key: string): string | null => {
    const text = readString(node, key);
    return text === undefined ? null : new Date(text).toISOString();
  };
  const state = DIRECT_SEND_STATES.find((known) => known === node["state"]) ?? "unknown";
  return { state, since: at("since"), until: at("until"), reason: readString(node, "reason") ?? null };
}

/** Our own statement wrote them. */
function signalsOf(signals: unknown): readonly ChannelSignal[] {
  return Array.isArray(signals) ? (signals as readonly ChannelSignal[]) : [];
}
