// Proves, with a real database, a real directory and the simulator, that a photo which came in can be seen, whatever happens in between.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import type { FailPoint } from "../kernel/fail-points.ts";
import { keyOf } from "./media-store.ts";
import { createS3Store } from "./s3-store.ts";

let stack: MediaStack;

beforeAll(async () => {
  stack = await createMediaStack();
});
afterAll(async () => {
  await stack.close();
});

const image = (more: object = {}): Readonly<Record<string, unknown>> => ({ type: "image", image: { caption: "this one", ...more } });
/** A picture that no other test sends. */
let made = 0;
const another = (): string =>
  Buffer.concat([Buffer.from("/9j/4AAQSkZJRg==", "base64"), Buffer.from(`picture ${String((made += 1))}`)]).toString("base64");

const eventsOf = async (messageId: string): Promise<readonly unknown[]> => {
  const { rows } = await stack.test.superuser.query<Record<string, unknown>>(
    "select type, data from events where subject_id = $1 order by id",
    [messageId],
  );
  return rows;
};

/** The next claim finds everything that waits due. */
const letTimePass = (): Promise<unknown> => stack.test.superuser.query("update media set due_at = now() where due_at is not null");

const comesTo = (id: string, state: string): Promise<unknown> =>
  eventually(
    async () => (await stack.row(id))["state"],
    (now) => now === state,
    { what: `the file that is ${state}` },
  );

test("a photo is there with its message, and is seen once it has been fetched", async () => {
  const id = await stack.send(image());
  expect(await stack.view(id)).toMatchObject({ id, state: "pending", url: null, thumbnailUrl: null, error: null });
  const work = stack.openWork();
  expect(await work.runOnce()).toBe(1);
  const media = await stack.view(id);
  expect(media).toMatchObject({ state: "ready", mimeType: "image/jpeg", width: 320, height: 240, error: null });
  const row = await stack.row(id);
  const stored = await readFile(
    join(stack.directory, keyOf({ businessId: stack.business.businessId, sha256: String(row["sha256"]), variant: "file" })),
  );
  const seen = await fetch(`${stack.url}${media?.url ?? ""}`);
  expect([seen.status, seen.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  expect(Buffer.from(await seen.arrayBuffer()).equals(stored)).toBe(true);
  expect(stored.length).toBe(media?.bytes);
  const thumbnail = await fetch(`${stack.url}${media?.thumbnailUrl ?? ""}`);
  expect([thumbnail.status, thumbnail.headers.get("content-type")]).toEqual([200, "image/webp"]);
  expect(await eventsOf(id)).toEqual([{ type: "media.ready", data: { mediaId: id, state: "ready", code: null } }]);
  expect(await work.runOnce()).toBe(0);
});

test.for(["video", "audio", "document", "sticker"])("a file of the type %s is fetched as what it is", async (type) => {
  const id = await stack.send({ type, [type]: type === "document" ? { filename: "../../con\u202etract.pdf" } : {} });
  await stack.openWork().runOnce();
  const expected = { video: "video/mp4", audio: "audio/ogg", document: "application/pdf", sticker: "image/webp" }[type];
  expect(await stack.view(id)).toMatchObject({
    state: "ready",
    mimeType: expected,
    fileName: type === "document" ? ".._.._contract.pdf" : null,
  });
});

test("a webhook that is delivered again, also at the same moment, is one file; a text has none", async () => {
  const id = await stack.send({ ...image({ base64: another() }), deliver: { copies: 4, concurrency: 4 } });
  const text = await stack.send({ text: "oi" });
  const { rows } = await stack.test.superuser.query("select id from media where message_id = any ($1)", [[id, text]]);
  expect(rows).toEqual([{ id }]);
  expect(await stack.view(text)).toBeNull();
  await stack.openWork().runOnce();
  expect(await eventsOf(id)).toHaveLength(1);
});

test("several workers share what is due: each file is claimed once", async () => {
  const ids = await Promise.all(Array.from({ length: 12 }, () => stack.send(image({ base64: another() }), stack.business)));
  const workers = [stack.openWork(), stack.openWork(), stack.openWork()];
  let claimed = 0;
  for (let pass = 0; pass < 4; pass += 1)
    claimed += (await Promise.all(workers.map((work) => work.runOnce()))).reduce((sum, count) => sum + count, 0);
  expect(claimed).toBe(ids.length);
  for (const id of ids) expect(await stack.row(id)).toMatchObject({ state: "ready", attempts: 1 });
});

test.for<FailPoint>(["media.before-store", "media.after-store"])(
  "a worker that dies at %s leaves the file to the next one, and changes nothing when it comes back",
  async (point) => {
    const id = await stack.send(image({ base64: another() }));
    const [reached, back] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const dying = stack.openWork({
      leaseMs: 600_000,
      failPoints: {
        hit: (at) => {
          if (at !== point) return undefined;
          reached.resolve(undefined);
          return back.promise;
        },
      },
    });
    const dead = dying.runOnce();
    await reached.promise;
    expect(await stack.view(id)).toMatchObject({ state: "pending" });
    expect(await stack.openWork().runOnce()).toBe(0);
    // Its lease ends.
    await letTimePass();
    expect(await stack.openWork().runOnce()).toBe(1);
    const row = await stack.row(id);
    expect(row).toMatchObject({ state: "ready", attempts: 2, fence: "2" });
    back.resolve(undefined);
    await dead;
    expect(await stack.row(id)).toEqual(row);
    expect(await eventsOf(id)).toHaveLength(1);
  },
);

test("a file that takes its worker down three times is not tried again by itself", async () => {
  const id = await stack.send(image({ base64: another() }));
  await stack.test.superuser.query("update media set unsettled = 3, state = 'fetching', due_at = now() where id = $1", [id]);
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "failed", error: { code: "crashed" } });
});

test("files that hang hold up neither the others of their business nor another business", async () => {
  const hanging = await Promise.all(Array.from({ length: 8 }, () => stack.send(image({ tricks: { hang: "start" } }), stack.otherBusiness)));
  const [own, other] = [
    await stack.send(image({ base64: another() }), stack.otherBusiness),
    await stack.send(image({ base64: another() })),
  ];
  const work = stack.openWork({ limits: { timeoutMs: 20_000, idleMs: 300 } });
  const passes = work.runOnce();
  // Of the business that hangs it takes a share only.
  expect(await stack.openWork().runOnce()).toBeGreaterThan(0);
  await passes;
  while ((await work.runOnce()) > 0);
  for (const id of hanging)
    expect(await stack.view(id, stack.otherBusiness)).toMatchObject({ state: "pending", error: { code: "unreachable" } });
  expect(await stack.view(other)).toMatchObject({ state: "ready" });
  expect(await stack.view(own, stack.otherBusiness)).toMatchObject({ state: "ready" });
  await stack.test.superuser.query("update media set due_at = null, state = 'failed', error_code = 'unreachable' where due_at is not null");
});

test("what comes from a history waits behind what was written just now", async () => {
  const old = await Promise.all(Array.from({ length: 7 }, () => stack.send(image({ base64: another() }))));
  await stack.test.superuser.query("update media set is_history = true, due_at = now() - interval '1 hour' where id = any ($1)", [old]);
  const fresh = await stack.send(image({ base64: another() }));
  expect(await stack.openWork().runOnce()).toBe(6);
  expect(await stack.row(fresh)).toMatchObject({ state: "ready" });
  while ((await stack.openWork().runOnce()) > 0);
  for (const id of old) expect(await stack.row(id)).toMatchObject({ state: "ready" });
});

test("a store that is full or gone loses nothing: the file waits, says why, and is fetched when the store is back", async () => {
  const id = await stack.send(image({ base64: another() }));
  // Nothing can be written below a file.
  const blocked = join(stack.directory, "blocked");
  await writeFile(blocked, "");
  await stack.openWork({ directory: blocked }).runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "store_unavailable" } });
  expect(await stack.row(id)).toMatchObject({ due_at: expect.any(Date), unsettled: 0 });
  await rm(blocked);
  await letTimePass();
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "ready", error: null });
});

test("S3 that is down loses nothing either", async () => {
  const id = await stack.send(image({ base64: another() }));
  const gone = createS3Store({ url: "http://127.0.0.1:1/bucket", region: "us-east-1", keyId: "key", secret: "secret" });
  await stack.openWork({ store: gone }).runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "store_unavailable" } });
  await letTimePass();
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "ready", error: null });
  await gone.close();
});

test("an id that has ended is tried for a while, is over after seven days, and by hand is tried again", async () => {
  const id = await stack.send(image({ tricks: { life: "ended" } }));
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "not_found" } });
  await stack.test.superuser.query("update media set created_at = now() - interval '7 days 1 minute', due_at = now() where id = $1", [id]);
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "failed", error: { code: "expired" } });
  expect(await eventsOf(id)).toEqual([{ type: "media.failed", data: { mediaId: id, state: "failed", code: "expired" } }]);
  const attempts = (await stack.row(id))["attempts"];
  expect(attempts).toBe(2);
});

test("an access token that is not accepted is waited for, and its successor fetches the file", async () => {
  const id = await stack.send(image({ base64: another() }));
  const setToken = (token: string): Promise<unknown> =>
    stack.test.superuser.query("update channel_secrets set access_token = $1 where channel_id = $2", [token, stack.business.channelId]);
  await setToken("an-old-token");
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "unauthorized" } });
  await setToken("test-token");
  await letTimePass();
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "ready" });
});

test("what WhatsApp could not take from the customer is said, not waited for", async () => {
  const errors = [{ code: 131_052, title: "Media download error" }];
  const id = await stack.send({ type: "unsupported", unsupported: { type: "image" }, errors });
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({
    state: "failed",
    error: { code: "131052", text: expect.stringContaining("send it again") },
  });
});

test("a started worker fetches what comes in, and gives back what it is stopped in, without an attempt", async () => {
  const work = stack.openWork({ pollMs: 5 });
  work.start();
  const id = await stack.send(image({ base64: another() }));
  work.wake();
  await comesTo(id, "ready");
  const hanging = await stack.send(image({ tricks: { hang: "middle" } }));
  work.wake();
  await comesTo(hanging, "fetching");
  await work.stop();
  expect(await stack.row(hanging)).toMatchObject({ state: "pending", attempts: 0, unsettled: 0, error_code: null });
  await stack.test.superuser.query("update media set due_at = null, state = 'failed', error_code = 'unreachable' where id = $1", [hanging]);
});
