// Owns: a campaign and the rows of its list as the API shows them. JSON; instants as ISO 8601 text. Everything that counts is counted from the rows.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import { instant, isoOf, jsonObject, uuid } from "../kernel/shapes.ts";
import type { countRows, findCampaign, listRecipients } from "./campaigns.queries.ts";

export const quietHoursSchema = z
  .object({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    timeZone: z.string().max(64).default("UTC").describe("For recipients whose country is not known."),
  })
  .describe(
    "Nothing leaves between these hours of the recipient's day, such as 21:00 and 09:00: by the country of their number; where that has several time zones, in none of them.",
  )
  .meta({ id: "QuietHours" });
export type QuietHours = Readonly<z.output<typeof quietHoursSchema>>;

const count = z.int();

export const campaignCountsSchema = z
  .object({
    total: count.describe("All rows of the list."),
    bad: count.describe("Rows that get no message; the list of recipients says why."),
    ready: count.describe("Still to be sent: nothing of them is queued."),
    skipped: count.describe("Passed over when their turn came, such as a customer who had opted out meanwhile."),
    queued: count,
    sending: count,
    unknown: count.describe("Nobody knows whether WhatsApp took it."),
    accepted: count.describe("WhatsApp took it, and has said no more yet."),
    held: count.describe("WhatsApp took it, and holds it until it has seen how the first ones are received."),
    sent: count,
    delivered: count,
    read: count,
    failed: count,
    cancelled: count,
  })
  .describe("Each row is in exactly one of these, but `total`.")
  .meta({ id: "CampaignCounts" });
export type CampaignCounts = Readonly<z.output<typeof campaignCountsSchema>>;

export const campaignSchema = z
  .object({
    id: uuid,
    name: z.string(),
    channelId: uuid,
    template: jsonObject.describe("The template of a message; {{column}} in it is filled in from each row."),
    state: z.enum(["draft", "scheduled", "running", "paused", "finished", "cancelled"]),
    pauseReason: z.string().nullable().describe("by_hand, or why it paused itself: a code of docs/campaigns.md."),
    pauseCode: z.string().nullable().describe("WhatsApp's error code, where one paused it."),
    isListComplete: z.boolean().describe("Its list was read to its end."),
    quietHours: quietHoursSchema.nullable(),
    errorShare: z.number().nullable().describe("It pauses itself when a larger share of its messages fails; null: never for that."),
    startAt: instant.nullable(),
    startedAt: instant.nullable(),
    pausedAt: instant.nullable(),
    cancelledAt: instant.nullable(),
    createdAt: instant,
    counts: campaignCountsSchema,
  })
  .meta({ id: "Campaign" });
export type CampaignView = Readonly<z.output<typeof campaignSchema>>;

export const campaignRecipientSchema = z
  .object({
    line: z.int().describe("Of the list."),
    address: z.string().describe("As the list names them."),
    state: z
      .string()
      .describe(
        "bad, ready, skipped, cancelled; or the state of its message: queued, sending, unknown, accepted, held, sent, delivered, read, failed.",
      ),
    problem: z.string().nullable().describe("Why it is bad, skipped or failed."),
    code: z.string().nullable().describe("The error code of its message."),
    conversationId: uuid.nullable(),
    messageId: uuid.nullable(),
    fields: jsonObject.describe("What is filled in."),
    attempts: z.int(),
    notBefore: instant.nullable().describe("Of a row that is to be sent once more: not before then."),
    releasedAt: instant.nullable(),
  })
  .meta({ id: "CampaignRecipient" });
export type CampaignRecipientView = Readonly<z.output<typeof campaignRecipientSchema>>;

const NONE: CampaignCounts = {
  ...{ total: 0, bad: 0, ready: 0, skipped: 0, queued: 0, sending: 0, unknown: 0 },
  ...{ accepted: 0, held: 0, sent: 0, delivered: 0, read: 0, failed: 0, cancelled: 0 },
};

export function countsOf(rows: readonly Row<typeof countRows>[]): CampaignCounts {
  const counts: Record<string, number> = { ...NONE };
  for (const { state, rows: number } of rows) {
    // A voice message is no template, but who knows.
    const name = state === "played" ? "read" : state;
    counts[name] = (counts[name] ?? 0) + number;
    counts["total"] = (counts["total"] ?? 0) + number;
  }
  return counts as CampaignCounts;
}

type CampaignRow = Row<typeof findCampaign>;

/** Finished is what its rows say: nothing waits, and nothing of it is without WhatsApp's word. */
function stateOf(row: CampaignRow, counts: CampaignCounts): CampaignView["state"] {
  if (row.state !== "started") return row.state as "draft" | "paused" | "cancelled";
  if (counts.ready + counts.queued + counts.sending + counts.unknown + counts.accepted + counts.held === 0) return "finished";
  return row.is_scheduled ? "scheduled" : "running";
}

export function campaignViewOf(row: CampaignRow, counts: CampaignCounts): CampaignView {
  return {
    id: row.id,
    name: row.name,
    channelId: row.channel_id,
    template: row.template,
    state: stateOf(row, counts),
    pauseReason: row.pause_reason,
    pauseCode: row.pause_code,
    isListComplete: row.list_completed_at !== null,
    quietHours: row.quiet_hours as QuietHours | null,
    errorShare: row.error_share,
    startAt: isoOf(row.start_at),
    startedAt: isoOf(row.started_at),
    pausedAt: isoOf(row.paused_at),
    cancelledAt: isoOf(row.cancelled_at),
    createdAt: row.created_at.toISOString(),
    counts,
  };
}

export function recipientViewOf(row: Row<typeof listRecipients>): CampaignRecipientView {
  return {
    line: row.position,
    address: row.address,
    state: row.state,
    problem: row.problem,
    code: row.code,
    conversationId: row.conversation_id,
    messageId: row.message_id,
    fields: row.fields,
    attempts: row.attempts,
    notBefore: isoOf(row.not_before),
    releasedAt: isoOf(row.released_at),
  };
}
