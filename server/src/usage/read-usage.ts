// Owns: how many messages a business has sent that cost something, and what that comes to by the rates of the operator. Refuses to know: how a message is counted.
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { localDay } from "../kernel/local-day.ts";
import { uuid } from "../kernel/shapes.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { listCurrenciesAcrossBusinesses } from "./rates.queries.ts";
import { sumServiceMessages, sumUsage } from "./usage.queries.ts";

export const USAGE_GROUPS = ["month", "day", "channel", "category", "type", "market"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const cost = z
  .object({
    amount: z.string().nullable().describe("A decimal number as text, never rounded; null: no rate is known for any of these messages."),
    withoutRate: z
      .int()
      .describe("Delivered messages that the amount does not contain, because no rate is known for them. They are not free."),
  })
  .nullable()
  .describe("What the delivered messages come to by the loaded rates: an estimate; Meta's invoice counts. null: no currency.");
const numbers = {
  messages: z.int().describe("That WhatsApp has named a price for, each once."),
  delivered: z.int().describe("Of these, those that are known to have arrived: only they are charged."),
  cost,
};
const row = z.object({
  month: z.string().optional().describe("2026-11"),
  day: z.string().optional().describe("2026-11-25"),
  channelId: uuid.optional(),
  category: z.string().optional().describe("service, utility, marketing, authentication, …: Meta's words."),
  type: z.string().optional().describe("regular (charged), free_customer_service, free_entry_point, paid_exempt, …"),
  market: z.string().optional().describe("The recipient's country, as two letters; empty where it is not known."),
  ...numbers,
});
const freeTier = z.object({
  channelId: uuid,
  month: z.string().describe("2026-11"),
  included: z.int().describe("Service messages that Meta delivers free, per number and calendar month."),
  free: z.int().describe("Delivered ones that Meta called free."),
  charged: z.int().describe("Delivered ones that Meta charges: they were beyond the free ones."),
  remaining: z.int().describe("A forecast: Meta decides which message is the first that costs. 0 as soon as one was charged."),
  expected: z
    .int()
    .nullable()
    .describe("Of the running month: how many there will be at its end, if they go on as until now; null for other months."),
});

export const usageSchema = z
  .object({
    from: z.string(),
    to: z.string().describe("The last day."),
    timeZone: z.string().describe("In which the days begin: `timeZone` of the reply settings, as it was when each message was counted."),
    currency: z.string().nullable().describe("null: no rates are loaded, or those of several currencies, and none was asked for."),
    currencies: z.array(z.string()).readonly().describe("Of which rates are loaded."),
    data: z.array(row).readonly(),
    total: z.object(numbers),
    freeTier: z.array(freeTier).readonly().describe("The months that the days belong to, whole."),
  })
  .meta({ id: "Usage" });

export type UsageView = Readonly<z.output<typeof usageSchema>>;

export interface UsageRequest {
  /** 2026-11-01; absent: the first day of the month of `to`. */
  readonly from?: string | undefined;
  /** The last day; absent: today. */
  readonly to?: string | undefined;
  readonly groupBy: readonly UsageGroup[];
  readonly currency?: string | undefined;
}

/** `problem`: a sentence for people. */
export type UsageOutcome =
  | { readonly outcome: "read"; readonly usage: UsageView }
  | { readonly outcome: "invalid"; readonly problem: string };
export type ReadUsage = (businessId: BusinessId, request: UsageRequest) => Promise<UsageOutcome>;

export interface ReadUsageDeps {
  readonly database: Database;
  readonly settings: { find(businessId: BusinessId): Promise<Pick<ReplySettings, "timeZone">> };
  readonly now?: () => Date;
}

const MOST_DAYS = 366;
const MOST_ROWS = 5_000;
const MOST_MONTHS_OF_NUMBERS = 1_000;
/** Since then Meta delivers so many free, per number and month. */
const FREE_TIER = { since: "2026-10-01", included: 1_000 };
const DAY_MS = 86_400_000;

export function createReadUsage({ database, settings, now = () => new Date() }: ReadUsageDeps): ReadUsage {
  return async (businessId, { from: wantedFrom, to: wantedTo, groupBy, currency: wanted }) => {
    const { timeZone } = await settings.find(businessId);
    const today = localDay(now(), timeZone);
    const to = wantedTo ?? today;
    const from = wantedFrom ?? `${to.slice(0, 7)}-01`;
    const problem = problemOf(from, to);
    if (problem !== undefined) return { outcome: "invalid", problem };
    const db = database.forBusiness(businessId);
    const currencies = (await database.acrossBusinesses.run(listCurrenciesAcrossBusinesses, {})).map(({ currency }) => currency);
    if (wanted !== undefined && !currencies.includes(wanted)) return { outcome: "invalid", problem: noRatesFor(wanted, currencies) };
    const currency = wanted ?? (currencies.length === 1 ? currencies[0] : undefined) ?? null;
    const values = { from, to, currency, limit: MOST_ROWS + 1 };
    const rows = await db.run(sumUsage, { ...values, ...flagsOf(groupBy) });
    if (rows.length > MOST_ROWS) return { outcome: "invalid", problem: TOO_FINE };
    const [whole] = await db.run(sumUsage, { ...values, ...flagsOf([]) });
    const total =
      whole === undefined ? { messages: 0, delivered: 0, cost: currency === null ? null : NOTHING } : numbersOf(whole, currency);
    const data = rows.map((one) => ({ ...groupsOf(one), ...numbersOf(one, currency) }));
    const tier = await readFreeTier(db, { from, to, today });
    return { outcome: "read", usage: { from, to, timeZone, currency, currencies, data, total, freeTier: tier } };
  };
}

const NOTHING = { amount: "0", withoutRate: 0 };
const TOO_FINE = `That would be more than ${String(MOST_ROWS)} rows. Ask for fewer days, or group by less.`;

function noRatesFor(currency: string, loaded: readonly string[]): string {
  const known = loaded.length === 0 ? "none are loaded at all" : `there are those of ${loaded.join(", ")}`;
  return `There are no rates in ${currency}: ${known}. An operator loads them with \`onethread rates load\`.`;
}

function problemOf(from: string, to: string): string | undefined {
  const [first, last] = [dayMs(from), dayMs(to)];
  if (first === undefined) return `There is no day ${from}. Write it as 2026-11-25.`;
  if (last === undefined) return `There is no day ${to}. Write it as 2026-11-25.`;
  if (first > last) return `${from} is after ${to}.`;
  return (last - first) / DAY_MS >= MOST_DAYS ? `From ${from} to ${to} it is more than ${String(MOST_DAYS)} days.` : undefined;
}

/** Undefined when the calendar has no such day. */
function dayMs(day: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day || day < "1970" ? undefined : ms;
}

const flagsOf = (groupBy: readonly UsageGroup[]) => ({
  byMonth: groupBy.includes("month"),
  byDay: groupBy.includes("day"),
  byChannel: groupBy.includes("channel"),
  byCategory: groupBy.includes("category"),
  byType: groupBy.includes("type"),
  byMarket: groupBy.includes("market"),
});

type UsageRow = Row<typeof sumUsage>;

function groupsOf({ month, day, channel_id: channelId, category, type, market }: UsageRow) {
  return {
    ...(month === null ? {} : { month }),
    ...(day === null ? {} : { day }),
    ...(channelId === null ? {} : { channelId }),
    ...(category === null ? {} : { category }),
    ...(type === null ? {} : { type }),
    ...(market === null ? {} : { market }),
  };
}

function numbersOf({ messages, delivered, amount, without_rate: withoutRate }: UsageRow, currency: string | null) {
  return { messages, delivered, cost: currency === null ? null : { amount, withoutRate } };
}

interface Months {
  readonly from: string;
  readonly to: string;
  readonly today: string;
}

async function readFreeTier(db: ReturnType<Database["forBusiness"]>, { from, to, today }: Months): Promise<UsageView["freeTier"]> {
  const firstOf = (day: string): string => `${day.slice(0, 7)}-01`;
  if (to < FREE_TIER.since) return [];
  const since = from < FREE_TIER.since ? FREE_TIER.since : firstOf(from);
  const rows = await db.run(sumServiceMessages, { from: since, to: firstOf(to), limit: MOST_MONTHS_OF_NUMBERS });
  return rows.map(({ channel_id: channelId, month, free, charged }) => ({
    channelId,
    month,
    included: FREE_TIER.included,
    free,
    charged,
    remaining: charged > 0 ? 0 : Math.max(0, FREE_TIER.included - free),
    expected: month === today.slice(0, 7) ? expectedAtEnd(free + charged, today) : null,
  }));
}

/** As many a day as until now, today included. */
function expectedAtEnd(soFar: number, today: string): number {
  const [year = 0, month = 0, day = 1] = today.split("-").map(Number);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Math.round((soFar / day) * days);
}
