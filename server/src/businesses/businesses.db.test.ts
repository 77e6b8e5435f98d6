// Proves what belongs to tenants: a number is connected once, a new channel is found soon, and look-ups are asked once.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import type { Database } from "../db/database.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createFindCaller, createApiKeys } from "./api-keys.ts";
import { createBusinesses, type Businesses } from "./businesses.ts";
import { createCachedLookup } from "../kernel/cached-lookup.ts";
import { createChannelDirectory } from "./channel-directory.ts";
import { createChannels, type Channels, type NewChannel } from "./channels.ts";

let test: TestDatabase;
let database: Database;
let businesses: Businesses;
let channels: Channels;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  businesses = createBusinesses({ database });
  channels = createChannels({ database });
});

afterAll(async () => {
  await test.close();
});

async function newChannel(externalId: string): Promise<NewChannel> {
  const { id } = await businesses.create({ name: "Aurora" });
  return { businessId: id, provider: "cloud", externalId, name: "Main", accessToken: "first-token" };
}

it("a number that is connected cannot be connected again, by anybody, and the refusal leaves nothing behind", async () => {
  const first = await newChannel("210000000000001");
  expect((await channels.create(first)).outcome).toBe("created");
  for (const again of [first, await newChannel("210000000000001")]) {
    const refused = await channels.create(again);
    expect(refused).toMatchObject({ outcome: "number_taken", sentence: expect.stringContaining("210000000000001") });
    expect(await channels.list(again.businessId)).toHaveLength(again === first ? 1 : 0);
  }
});

it("20 who connect the same number at once: one of them does", async () => {
  const wanted = await Promise.all(Array.from({ length: 20 }, () => newChannel("210000000000002")));
  const outcomes = await Promise.all(wanted.map((channel) => channels.create(channel)));
  expect(outcomes.filter(({ outcome }) => outcome === "created")).toHaveLength(1);
});

it("a new token replaces the old one and starts a stopped channel again", async () => {
  const created = await channels.create(await newChannel("210000000000003"));
  if (created.outcome !== "created") throw new Error("not created");
  const { id } = created.channel;
  await test.superuser.query("update channels set stopped_at = now(), stopped_reason = 'token expired' where id = $1", [id]);
  const { rows } = await test.superuser.query<{ business_id: string }>("select business_id from channels where id = $1", [id]);
  const businessId = (await businesses.listAcrossBusinesses()).find((business) => business.id === rows[0]?.business_id)?.id;
  if (businessId === undefined) throw new Error("no business");
  expect(await channels.setToken(businessId, id, "second-token")).toBe(true);
  expect((await channels.list(businessId))[0]?.stoppedAt).toBeNull();
  const secrets = await test.superuser.query("select access_token from channel_secrets where channel_id = $1", [id]);
  expect(secrets.rows).toEqual([{ access_token: "second-token" }]);
  const stranger = await businesses.create({ name: "Stranger" });
  expect(await channels.setToken(stranger.id, id, "stolen")).toBe(false);
});

it("a business that cannot be is refused with a sentence", async () => {
  await expect(businesses.create({ name: " " })).rejects.toThrow("1 to 200 characters");
  await expect(businesses.create({ name: "Aurora", quietMs: 5_000, ceilingMs: 1_000 })).rejects.toThrow("ceiling");
});

it("a channel that was missing is found 2 seconds after it was connected, and its business's quiet time comes with it", async () => {
  let now = 0;
  const directory = createChannelDirectory({ database, now: () => now });
  expect(await directory.find("cloud", "210000000000004")).toBeUndefined();
  const { id: businessId } = await businesses.create({ name: "Aurora", quietMs: 1_234 });
  await channels.create({ businessId, provider: "cloud", externalId: "210000000000004", name: "Main" });
  now = 1_999;
  expect(await directory.find("cloud", "210000000000004")).toBeUndefined();
  now = 2_001;
  expect(await directory.find("cloud", "210000000000004")).toMatchObject({ businessId, quietMs: 1_234 });
  expect(await directory.find("waha", "210000000000004")).toBeUndefined();
});

it("a revoked key is refused 5 seconds later at most, everywhere", async () => {
  let now = 0;
  const findCaller = createFindCaller({ database, now: () => now });
  const keys = createApiKeys({ database });
  const { id: businessId } = await businesses.create({ name: "Aurora" });
  const { id, key } = await keys.create(businessId, "test");
  expect(await findCaller(key)).toEqual({ businessId, apiKeyId: id });
  await keys.revoke(businessId, id);
  now = 5_000;
  expect(await findCaller(key)).toBeUndefined();
});

it("100 who look for the same at once ask once, a failure is not remembered, and forgetting asks again", async () => {
  let asked = 0;
  let fails = true;
  const lookup = createCachedLookup<string>({
    maxEntries: 10,
    foundForMs: 1_000,
    missingForMs: 1_000,
    now: () => 0,
    find: (key) => {
      asked += 1;
      return fails ? Promise.reject(new Error("gone")) : Promise.resolve(key);
    },
  });
  const ask100 = (): Promise<PromiseSettledResult<string | undefined>[]> =>
    Promise.allSettled(Array.from({ length: 100 }, () => lookup.find("a")));
  expect((await ask100()).every(({ status }) => status === "rejected")).toBe(true);
  fails = false;
  expect((await ask100()).every(({ status }) => status === "fulfilled")).toBe(true);
  await lookup.find("a");
  expect(asked).toBe(2);
  lookup.forget();
  await lookup.find("a");
  expect(asked).toBe(3);
});

it("the address of a gateway's webhook is shown to nobody after its creation; Meta's id of a number is", async () => {
  const { businessId } = await newChannel("210000000000009");
  const address = "address-that-is-a-secret";
  await channels.create({ businessId, provider: "cloud", externalId: "210000000000009", name: "Meta" });
  const gateway: NewChannel = { businessId, provider: "evolution", externalId: address, name: "Gateway" };
  const made = await channels.create(gateway);
  expect(JSON.stringify([made, await channels.create(gateway), await channels.list(businessId)])).not.toContain(address);
  expect((await channels.list(businessId)).map(({ externalId }) => externalId)).toEqual(["210000000000009", null]);
  const client = await test.superuser.connect();
  await client.query("begin; set local role onethread_reader");
  const { rows } = await client.query("select provider, number_id from onethread.channels where business_id = $1 order by created_at", [
    businessId,
  ]);
  await client.query("rollback");
  expect(rows).toEqual([
    { provider: "cloud", number_id: "210000000000009" },
    { provider: "evolution", number_id: null },
  ]);
  for (const secret of [
    "external_id from onethread.channels",
    "key from onethread.directory",
    "channel_key from onethread.webhook_log",
    "body from onethread.webhook_log",
  ]) {
    await client.query("begin; set local role onethread_reader");
    await expect(client.query(`select ${secret}`)).rejects.toMatchObject({ code: "42501" });
    await client.query("rollback");
  }
  client.release();
});
