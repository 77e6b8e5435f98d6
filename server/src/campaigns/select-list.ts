// Owns: a campaign's list from the customers that are known: whom a filter names at this moment, and what is filled in for each. They are gone through by their ids, some
// thousands at a time, however many there are. Refuses to know: what becomes of the rows (fill-list.ts).
import { factsOf } from "../conversations/customer-facts.ts";
import { displayNameOf } from "../conversations/display-name.ts";
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { LOWEST_ID, type BusinessId } from "../kernel/ids.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { cleanString } from "../kernel/storable-json.ts";
import type { Audience } from "./audience.ts";
import type { lockCampaign } from "./campaigns.queries.ts";
import { countryOf, type FillList, type ListOutcome } from "./fill-list.ts";
import { columnName } from "./fill-placeholders.ts";
import { LONGEST_FIELD, MOST_ROWS, listTooLong, type ListRow } from "./read-list.ts";
import { listCustomers } from "./recipients.queries.ts";

export type SelectList = (businessId: BusinessId, campaignId: string, audience: Audience) => Promise<ListOutcome>;

interface SelectListDeps {
  readonly database: Database;
  readonly fillList: FillList;
  /** Conversations looked at in one statement, whether they are meant or not. */
  readonly page?: number;
}

const PAGE = 2_000;

type Customer = Row<typeof listCustomers>;

export function createSelectList({ database, fillList, page = PAGE }: SelectListDeps): SelectList {
  return (businessId, campaignId, audience) => {
    const db = database.forBusiness(businessId);
    return fillList({ businessId, campaignId, rows: (columns, campaign) => selectRows(db, { audience, columns, campaign, page }) });
  };
}

interface Selection {
  readonly audience: Audience;
  readonly columns: readonly string[];
  readonly campaign: Pick<Row<typeof lockCampaign>, "channel_id" | "template">;
  readonly page: number;
}

async function* selectRows(db: Queryable, { audience, columns, campaign, page }: Selection): AsyncGenerator<ListRow> {
  const defaults = new Map(Object.entries(audience.defaults ?? {}).map(([name, value]) => [columnName(name), cleanString(value)]));
  const countries = audience.filter.countries === undefined ? undefined : new Set(audience.filter.countries);
  const values = valuesOf(audience, campaign);
  // Who becomes known later is not meant.
  let until: Date | undefined;
  let line = 0;
  for (let after: string | null = LOWEST_ID; after !== null;) {
    const rows: readonly Customer[] = await db.run(listCustomers, { ...values, until, after, limit: page });
    for (const customer of rows) {
      if (customer.id === null || countries?.has(countryOf(customer.phone ?? undefined)) === false) continue;
      line += 1;
      if (line > MOST_ROWS) throw listTooLong();
      yield { ...rowOf(customer, customer.id, { columns, defaults }), line };
    }
    const end = rows.find(({ id }) => id === null);
    until ??= end?.at;
    after = end?.seen_to ?? null;
  }
}

function valuesOf({ filter }: Audience, { channel_id: channelId, template }: Selection["campaign"]) {
  const dateOf = (written: string | undefined): Date | undefined => (written === undefined ? undefined : new Date(written));
  return {
    sentFrom: channelId,
    template: readString(template, "name") ?? "",
    language: readString(readObject(template, "language"), "code") ?? "",
    channelId: filter.channelId,
    since: dateOf(filter.lastInboundSince),
    before: dateOf(filter.lastInboundBefore),
    isOpen: filter.open,
    isOptedIn: filter.optedIn ?? false,
  };
}

interface Wanted {
  readonly columns: readonly string[];
  readonly defaults: ReadonlyMap<string, string>;
}

function rowOf(customer: Customer, conversationId: string, { columns, defaults }: Wanted): Omit<ListRow, "line"> {
  const known = knownOf(customer);
  const fields = columns.map((column) => [column, shorten(known.get(column) ?? defaults.get(column) ?? "")] as const);
  const address = customer.phone === null ? conversationId : `+${customer.phone}`;
  return { address, phone: undefined, conversationId, fields: Object.fromEntries(fields), problem: undefined };
}

/** What is known of a customer, by column: what the business noted of them has the names that it was noted under. */
function knownOf({
  phone,
  lead_name: leadName,
  book_name: bookName,
  contact_name: pushName,
  ...customer
}: Customer): ReadonlyMap<string, string> {
  const called = displayNameOf({ leadName, contactName: bookName, pushName, phone });
  // The number is no name to call somebody by.
  const name = called === displayNameOf({ phone }) ? undefined : called;
  const own = { name, phone: phone === null ? undefined : `+${phone}`, username: customer.contact_username, lead_id: customer.lead_id };
  const facts = Object.entries(factsOf(customer.facts ?? {})).map(([fact, value]) => [columnName(fact), value] as const);
  return new Map([
    ...facts,
    ...Object.entries(own).flatMap(([column, value]) => (value === null || value === undefined ? [] : [[column, value] as const])),
  ]);
}

const shorten = (text: string): string => text.slice(0, LONGEST_FIELD).toWellFormed();
