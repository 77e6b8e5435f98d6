// Proves that a phone number without a user id leads to whoever had it when the message was written, by the provider's time, in any order of arrival.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { messagesBody } from "../../test/support/webhook-bodies.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let business: TestBusiness;
let intake: WebhookIntake;
let people = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  intake = createTestIntake(test);
});
afterAll(async () => {
  await expectNothingBroken(test);
  await test.close();
});

/** What comes in: a message of a number, or a change of numbers; `at` is the provider's time. */
type Arrival = { readonly from: string; readonly at: number; readonly id?: string } & ({ readonly text: string } | { readonly to: string });
const BEGIN = Math.floor(Date.now() / 1000) - 1_000_000;

const numberOf = (name: string): string => `1303${String(people).padStart(4, "0")}${String(name.charCodeAt(0))}`;
const tag = (): string => `t${String(people)}`;

async function tell(arrival: Arrival, to = intake): Promise<void> {
  const { from, at } = arrival;
  const words = "text" in arrival ? arrival.text : `${from}>${arrival.to}`;
  const id = `wamid.${tag()}.${words} ${arrival.id ?? ""}`;
  const system = "to" in arrival ? { type: "user_changed_number", wa_id: numberOf(arrival.to), body: words } : undefined;
  const content = system === undefined ? { text: words } : { node: { type: "system", system } };
  const parsed = parseCloudWebhook(messagesBody(business.phoneNumberId, { id, from: numberOf(from), at: BEGIN + at, ...content }));
  if (parsed.outcome === "events") await to.receive(parsed.events);
}

/** The texts of each thread, in the order of their time; threads in the order of their first. */
async function threadsNow(): Promise<readonly (readonly string[])[]> {
  const { rows } = await test.superuser.query<{ texts: string[] }>(
    `select array_agg(text order by sent_at, seq) as texts from messages
      where business_id = $1 and starts_with(provider_message_id, $2) group by conversation_id order by min(sent_at), min(seq)`,
    [business.businessId, `wamid.${tag()}.`],
  );
  return rows.map(({ texts }) => texts);
}

/** Of people who are new to the business. */
async function threadsAfter(arrivals: readonly Arrival[]): Promise<readonly (readonly string[])[]> {
  people += 1;
  for (const arrival of arrivals) await tell(arrival);
  return threadsNow();
}

const old = (at: number, text = `old B ${String(at)}`): Arrival => ({ from: "B", at, text });
const mover = (from: string, at: number): Arrival => ({ from, at, text: `mover ${from} ${String(at)}` });
const next = (at: number): Arrival => ({ from: "A", at, text: `next A ${String(at)}` });
const change = (fromTo: string, at: number, id = "1"): Arrival => ({ from: fromTo.slice(0, 1), to: fromTo.slice(1), at, id });

it("a number's former holder keeps their thread, and its next one begins their own", async () => {
  expect(await threadsAfter([old(1), mover("A", 2), change("AB", 10), mover("B", 11), next(20), mover("B", 21), next(22)])).toEqual([
    ["old B 1"],
    ["mover A 2", "A>B", "mover B 11", "mover B 21"],
    ["next A 20", "next A 22"],
  ]);
});

it("what the former holder of a number wrote and comes late is theirs; what the mover wrote before the change is the mover's", async () => {
  const arrivals = [old(1), mover("A", 2), change("AB", 10), mover("B", 11), next(20), old(3), mover("A", 4)];
  expect(await threadsAfter(arrivals)).toEqual([["old B 1", "old B 3"], ["mover A 2", "mover A 4", "A>B", "mover B 11"], ["next A 20"]]);
});

it("the former holder of a number who was not known before has a thread of their own, however late", async () => {
  expect(await threadsAfter([mover("A", 2), change("AB", 10), mover("B", 11), old(3), old(4)])).toEqual([
    ["mover A 2", "A>B", "mover B 11"],
    ["old B 3", "old B 4"],
  ]);
});

it("the mover who wrote from the new number before the change was told is one person", async () => {
  expect(await threadsAfter([mover("A", 2), mover("B", 11), change("AB", 10), next(20)])).toEqual([
    ["mover A 2", "A>B", "mover B 11"],
    ["next A 20"],
  ]);
});

it("a change that is told again, by any number of the business and after the next holder wrote, changes nothing", async () => {
  const arrivals = [
    old(1),
    mover("A", 2),
    change("AB", 10),
    next(20),
    change("AB", 10),
    change("AB", 10, "again"),
    change("AB", 11, "later"),
    change("AB", 9, "earlier"),
    next(21),
    mover("B", 22),
    old(3),
  ];
  expect(await threadsAfter(arrivals)).toEqual([
    ["old B 1", "old B 3"],
    ["mover A 2", "A>B", "A>B", "A>B", "A>B", "mover B 22"],
    ["next A 20", "next A 21"],
  ]);
});

it("numbers are followed over several changes, in any order, and back", async () => {
  const chain = [["mover A 2", "A>B", "mover B 11", "B>C", "mover C 21"], ["next A 30"]];
  const [a, ab, b, bc, c] = [mover("A", 2), change("AB", 10), mover("B", 11), change("BC", 20), mover("C", 21)];
  expect(await threadsAfter([a, ab, b, bc, c, next(30)])).toEqual(chain);
  expect(await threadsAfter([a, c, bc, ab, b, next(30)])).toEqual(chain);
  const back = [a, ab, b, next(15), change("BA", 20), mover("A", 21), { from: "B", at: 22, text: "next B" }, next(16)];
  expect(await threadsAfter(back)).toEqual([
    ["mover A 2", "A>B", "mover B 11", "B>A", "mover A 21"],
    ["next A 15", "next A 16"],
    ["next B"],
  ]);
});

it("the change of somebody unknown still ends what others have of its numbers", async () => {
  expect(await threadsAfter([old(1), change("AB", 10), mover("B", 11), next(20), mover("A", 2)])).toEqual([
    ["old B 1"],
    ["mover A 2", "A>B", "mover B 11"],
    ["next A 20"],
  ]);
});

it("an older change of a number that has had several holders since takes nothing from them", async () => {
  const third = (at: number): Arrival => ({ from: "A", at, text: `third A ${String(at)}` });
  expect(await threadsAfter([next(20), change("AC", 30), third(40), change("AB", 10), next(25), third(41), mover("A", 2)])).toEqual([
    ["mover A 2", "A>B"],
    ["next A 20", "next A 25", "A>C"],
    ["third A 40", "third A 41"],
  ]);
});

it("one change that waited and fails holds up no other, and is applied later", async () => {
  people += 1;
  await test.superuser.query(`
    create function refuse_alias() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refuse_alias before insert on aliases for each row when (new.value = '${numberOf("D")}') execute function refuse_alias()`);
  for (const arrival of [change("DA", 5), change("AB", 10), mover("A", 6)]) await tell(arrival);
  expect(await threadsNow()).toEqual([["mover A 6", "A>B"]]);
  await test.superuser.query("drop trigger refuse_alias on aliases; drop function refuse_alias");
  await tell({ from: "D", at: 4, text: "mover D 4" });
  expect(await threadsNow()).toEqual([["mover D 4", "D>A", "mover A 6", "A>B"]]);
});

it("a person who becomes known in another process while their change is parked has it applied", async () => {
  people += 1;
  const slow = createTestIntake(test, {
    changeLog: (webhookLog) => ({
      ...webhookLog,
      async quarantine(entries) {
        await tell(mover("A", 2));
        await webhookLog.quarantine(entries);
      },
    }),
  });
  await tell(change("AB", 10), slow);
  expect(await threadsNow()).toEqual([["mover A 2", "A>B"]]);
});

it("the number that a next holder had for a time, in a thread that was merged, goes with them into their own", async () => {
  const third: Arrival = { from: "C", at: 50, text: "third C 50" };
  const nextC = (at: number): Arrival => ({ from: "C", at, text: `next C ${String(at)}` });
  const before = [
    mover("A", 2),
    mover("A", 3),
    mover("A", 4),
    mover("A", 5),
    next(20),
    nextC(31),
    change("CE", 40),
    third,
    change("AC", 30),
  ];
  expect(await threadsAfter([...before, change("AB", 10), nextC(35)])).toEqual([
    ["mover A 2", "mover A 3", "mover A 4", "mover A 5", "A>B"],
    ["next A 20", "A>C", "next C 31", "next C 35", "C>E"],
    ["third C 50"],
  ]);
});

/** How often each story is told, each time in another order; more by hand after a change here. */
const ORDERS = Number(process.env["ORDERS"] ?? 12);

it.each([
  [
    "the next holder of the number that was left",
    [mover("A", 2), change("AB", 10), next(20), next(21)],
    [
      ["mover A 2", "A>B"],
      ["next A 20", "next A 21"],
    ],
  ],
  [
    "who had the number that was taken",
    [old(1), mover("A", 2), change("AB", 10), mover("B", 11), next(20)],
    [["old B 1"], ["mover A 2", "A>B", "mover B 11"], ["next A 20"]],
  ],
  [
    "the holders of a number after two changes",
    [
      old(1),
      mover("A", 2),
      change("AB", 10),
      mover("B", 11),
      next(20),
      change("BC", 30),
      mover("C", 31),
      { from: "B", at: 40, text: "later B 40" },
    ],
    [["old B 1"], ["mover A 2", "A>B", "mover B 11", "B>C", "mover C 31"], ["next A 20"], ["later B 40"]],
  ],
  [
    "the next holder, who changes too",
    [mover("A", 2), change("AB", 10), mover("B", 11), next(20), change("AD", 30), { from: "D", at: 31, text: "next D 31" }],
    [
      ["mover A 2", "A>B", "mover B 11"],
      ["next A 20", "A>D", "next D 31"],
    ],
  ],
  [
    "a change that each number of the business tells",
    [old(1), mover("A", 2), change("AB", 10), change("AB", 10, "again"), mover("B", 13), next(20)],
    [["old B 1"], ["mover A 2", "A>B", "A>B", "mover B 13"], ["next A 20"]],
  ],
])("in whatever order it is told, nobody is put into the thread of another: %s", async (_name, arrivals, threads) => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(arrivals, { minLength: arrivals.length }), async (order) => {
      expect(await threadsAfter(order), order.map(({ from, at }) => `${from}${String(at)}`).join(" ")).toEqual(threads);
    }),
    { numRuns: ORDERS, endOnFailure: true },
  );
});
