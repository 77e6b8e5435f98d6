// Proves over arbitrary streams that threads are people, as far as the payloads prove it: nobody split, nobody mixed, every message once.
// The oracle is independent of the code under test: a union-find over "seen together", and what the generator knows of change and recycling.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import type { CustomerIdentity, MessageEvent } from "../whatsapp/events.ts";
import { propertyRuns } from "../../test/support/property-runs.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";

let test: TestDatabase;
let intakes: readonly WebhookIntake[];
let runs = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  intakes = [createTestIntake(test), createTestIntake(test)];
});
afterAll(async () => {
  await test.close();
});

const KINDS = ["phone", "userId", "parentUserId", "lid"] as const;
const ALIAS_KINDS = { phone: "phone", userId: "user", parentUserId: "parent_user", lid: "lid" } as const;
type Kind = (typeof KINDS)[number];

interface Step {
  /** The account that the customer had when they wrote this. */
  readonly customer: CustomerIdentity;
  readonly becomes?: CustomerIdentity;
  readonly copies: number;
}
/** Steps in their order: a number that changes or moves on has a before and an after. */
interface Script {
  readonly steps: readonly Step[];
  readonly isOrdered: boolean;
}

const subset: fc.Arbitrary<readonly Kind[]> = fc.subarray([...KINDS], { minLength: 1 });
const copies = fc.constantFrom(1, 1, 1, 2, 3);
const shown = fc.array(fc.record({ kinds: subset, copies }), { minLength: 1, maxLength: 6 });
const personArbitrary = fc.record({ life: fc.constantFrom("plain", "plain", "changes", "recycled"), before: shown, after: shown });
type Person = typeof personArbitrary extends fc.Arbitrary<infer P> ? P : never;

function accountOf(name: string): Required<Pick<CustomerIdentity, Kind>> {
  const digits = [...name].map((letter) => String(letter.charCodeAt(0) % 10)).join("");
  return {
    phone: `1${digits.padStart(10, "2")}`,
    userId: `US.${name}`,
    parentUserId: `US.ENT.${name}`,
    lid: `77${digits.padStart(12, "0")}`,
  };
}
function pick(account: CustomerIdentity, kinds: readonly Kind[]): CustomerIdentity {
  return Object.fromEntries(
    KINDS.filter((kind) => kinds.includes(kind) && account[kind] !== undefined).map((kind) => [kind, account[kind]]),
  );
}

function scriptOf({ life, before, after }: Person, name: string): Script {
  const first = accountOf(`${name}a`);
  const show = (account: CustomerIdentity, list: Person["before"]): readonly Step[] =>
    list
      .map(({ kinds, copies: times }) => ({ customer: pick(account, kinds), copies: times }))
      .filter(({ customer }) => Object.keys(customer).length > 0);
  if (life === "plain") return { steps: [...show(first, before), ...show(first, after)], isOrdered: false };
  const second = { ...accountOf(`${name}b`), lid: first.lid };
  if (life === "changes") {
    // The change names an identifier that was seen before, as WhatsApp does.
    const opening: Step = { customer: pick(first, ["phone", "userId"]), copies: 1 };
    const named: readonly Kind[] = ["phone", "userId", "parentUserId"];
    const change: Step = { customer: pick(first, named), becomes: pick(second, named), copies: 2 };
    return { steps: [opening, ...show(first, before), change, ...show(second, after)], isOrdered: true };
  }
  // The number goes to somebody else, who shows their own account with it first; the former owner goes on without the number.
  const stranger = { ...accountOf(`${name}b`), phone: first.phone };
  const proof = (account: CustomerIdentity): Step => ({ customer: pick(account, ["phone", "userId"]), copies: 1 });
  const later = show({ userId: first.userId, parentUserId: first.parentUserId, lid: first.lid }, after);
  return { steps: [proof(first), ...show(first, before), proof(stranger), ...show(stranger, before), ...later], isOrdered: true };
}

interface Sent {
  readonly step: Step;
  readonly event: MessageEvent;
  /** Identifiers as the oracle names them: a recycled number is another one for its next owner. */
  readonly tokens: readonly string[];
}

function sendAll(script: Script, name: string, { phoneNumberId }: TestBusiness): readonly Sent[] {
  let owner = "";
  return script.steps.map((step, at) => {
    const { customer, becomes } = step;
    const event: MessageEvent = {
      kind: "message",
      provider: "cloud",
      channelKey: phoneNumberId,
      direction: "in",
      providerMessageId: `wamid.${name}-${String(at)}`,
      customer,
      type: becomes === undefined ? "text" : "system",
      text: `${name} ${String(at)}`,
      content: { type: "text" },
      sentAt: new Date(),
      raw: "{}",
      ...(becomes === undefined ? {} : { becomes }),
    };
    if (customer.phone !== undefined && customer.userId !== undefined) owner = customer.userId;
    const all = [customer, ...(becomes === undefined ? [] : [becomes])];
    const tokens = all.flatMap((identity) =>
      KINDS.flatMap((kind) =>
        identity[kind] === undefined
          ? []
          : [kind === "phone" && script.isOrdered ? `phone ${identity.phone ?? ""} of ${owner}` : `${kind} ${identity[kind]}`],
      ),
    );
    return { step, event, tokens };
  });
}

/** Which messages belong together: those whose identifiers are connected by having been seen together. */
function expectedThreads(sent: readonly Sent[]): readonly string[] {
  const parent = new Map<string, string>();
  const find = (token: string): string => {
    const up = parent.get(token) ?? token;
    return up === token ? token : find(up);
  };
  for (const { tokens } of sent) for (const token of tokens) parent.set(find(token), find(tokens[0] ?? ""));
  const groups = Map.groupBy(sent, ({ tokens }) => find(tokens[0] ?? ""));
  return [...groups.values()]
    .map((group) =>
      group
        .map(({ event }) => event.text ?? "")
        .sort()
        .join(", "),
    )
    .sort();
}

async function deliver(scripts: readonly (readonly Sent[])[], isOrdered: readonly boolean[], seed: number): Promise<void> {
  let turn = seed;
  const receive = async ({ event, step }: Sent): Promise<void> => {
    const deliverOnce = async (): Promise<void> => {
      turn += 1;
      expect((await intakes[turn % intakes.length]?.receive([event]))?.quarantined).toBe(0);
    };
    await Promise.all(Array.from({ length: step.copies }, deliverOnce));
  };
  await Promise.all(
    scripts.map(async (sent, at) => {
      if (isOrdered[at] !== true) await Promise.all(sent.map(receive));
      else for (const one of sent) await receive(one);
    }),
  );
}

it(
  "threads are people as far as payloads prove it, for any stream of identifiers, duplicates, changes and recycled numbers",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(personArbitrary, { minLength: 1, maxLength: 5 }), fc.nat({ max: 1000 }), async (people, seed) => {
        runs += 1;
        const business = await createTestBusiness(test.superuser);
        const scripts = people.map((person, at) => scriptOf(person, `r${String(runs)}p${String(at)}`));
        const sent = scripts.map((script, at) => sendAll(script, `r${String(runs)}p${String(at)}`, business));
        await deliver(
          sent,
          scripts.map(({ isOrdered }) => isOrdered),
          seed,
        );
        const { rows } = await test.superuser.query<{ id: string; texts: string; merged: boolean }>(
          `select c.id, string_agg(m.text, ', ' order by m.text collate "C") as texts, bool_or(c.merged_into is not null) as merged
           from messages m join conversations c on c.id = m.conversation_id where m.business_id = $1 group by c.id`,
          [business.businessId],
        );
        expect(rows.map(({ texts }) => texts).sort()).toEqual(sent.flatMap(expectedThreads).sort());
        expect(rows.some(({ merged }) => merged)).toBe(false);
        for (const identity of sent.flat().map(({ event }) => event.customer)) {
          for (const kind of KINDS)
            if (identity[kind] !== undefined) expect(await leadsSomewhere(business, ALIAS_KINDS[kind], identity[kind])).toBe(1);
        }
      }),
      { numRuns: propertyRuns(25), ...(process.env["IDENTITY_SEED"] === undefined ? {} : { seed: Number(process.env["IDENTITY_SEED"]) }) },
    );
    await expectNothingBroken(test);
  },
);

async function leadsSomewhere({ businessId }: TestBusiness, kind: string, value: string): Promise<number> {
  const { rowCount } = await test.superuser.query("select 1 from aliases where business_id = $1 and kind = $2 and value = $3", [
    businessId,
    kind,
    value,
  ]);
  return rowCount ?? 0;
}
