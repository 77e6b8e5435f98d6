// Proves, with a real database, the simulator, a real directory and a model's real protocol, that a model is shown the customer's newest pictures, small and
// without what their files say of themselves, and never one that is not to be seen; and that one which takes none answers all the same.
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import { startOpenAiServer, type OpenAiRequest, type OpenAiServer } from "../../test/support/openai-server.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { createLaneWork, type LaneWork } from "../compose/lane-work.ts";
import type { Services } from "../compose/services.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { createLaneStore, type LaneStore } from "../lanes/lane-store.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";

let stack: MediaStack;
let model: OpenAiServer;
let outside: OutsideHttp;
let services: Services;
let lanes: LaneStore;
let work: LaneWork;

beforeAll(async () => {
  stack = await createMediaStack();
  model = await startOpenAiServer({ script: () => "I see." });
  outside = createOutsideHttp({ privateHosts: [model.host] });
  services = createTestServices({ database: stack.database, log: stack.test.log });
  lanes = createLaneStore(stack.database.acrossBusinesses);
  work = createLaneWork({
    ...{
      database: stack.database,
      log: stack.test.log,
      failPoints: noFailPoints,
      services,
      mediaStore: stack.store,
      outside,
      overrides: {},
    },
    ...{ uploadFile: stack.uploadFile, transportOf: () => undefined, wake: () => undefined, onTurn: () => undefined },
  });
  await stack.test.superuser.query("update businesses set quiet_ms = 0");
  await services.replySettings.change(stack.business.businessId, {
    ...{ responder: "model", model: { provider: "openai-compatible", model: "seeing", baseUrl: model.baseUrl } },
    pictures: { max: 2, maxPixels: 256 },
  });
});
afterEach(async () => {
  model.script = () => "I see.";
  await stack.test.superuser.query(`update lanes set done = wanted, check_at = null, owner = null;
    update media set state = 'failed', due_at = null, error_code = 'expired' where due_at is not null`);
});
afterAll(async () => {
  await outside.close();
  await model.stop();
  await stack.close();
});

let shade = 0;
/** A large one that no other test sends, with its place and its maker written into it. */
async function photo(caption: string): Promise<Readonly<Record<string, unknown>>> {
  shade += 20;
  const bytes = await sharp({ create: { width: 900, height: 600, channels: 3, background: { r: shade, g: 80, b: 80 } } })
    .withExif({ IFD0: { Copyright: "Ada Lovelace", Make: "Camera 4711" } })
    .jpeg()
    .toBuffer();
  return { type: "image", image: { base64: bytes.toString("base64"), caption } };
}

async function reply(): Promise<number> {
  const due = await lanes.claim({ kind: "reply", limit: 100, leaseMs: 60_000, owner: "test" });
  await Promise.all(due.map((lane) => work.turn.run(lane, new AbortController().signal)));
  return due.length;
}

type Part = { readonly type: string; readonly text?: string; readonly image_url?: { readonly url: string } };
const partsOf = (request: OpenAiRequest | undefined): readonly Part[] => {
  const content = request?.messages.at(-1)?.content;
  return typeof content === "string" ? [{ type: "text", text: content }] : (content as readonly Part[]);
};
const picturesOf = (request: OpenAiRequest | undefined): readonly Buffer[] =>
  partsOf(request).flatMap(({ image_url: image }) =>
    image === undefined ? [] : [Buffer.from(image.url.replace(/^data:image\/jpeg;base64,/, ""), "base64")],
  );
const wordsOf = (request: OpenAiRequest | undefined): string =>
  partsOf(request)
    .flatMap(({ text }) => text ?? [])
    .join("\n");

/** With their turns, the newest first. */
async function turnOf(messageId: string): Promise<unknown> {
  const { rows } = await stack.test.superuser.query<Record<string, unknown>>(
    "select t.state, t.pictures from turns t join messages m using (conversation_id) where m.id = $1 order by t.covers_to desc",
    [messageId],
  );
  return rows[0];
}
const shades = async (pictures: readonly Buffer[]): Promise<readonly number[]> =>
  Promise.all(pictures.map(async (picture) => Math.round(((await sharp(picture).stats()).channels[0]?.mean ?? 0) / 20) * 20));

test("the newest pictures are shown, in their order, small, and without a word of where they were taken", async () => {
  const from = "12025557001";
  const ids = [];
  for (const caption of ["one", "two", "three"]) ids.push(await stack.send({ ...(await photo(caption)), from }));
  await stack.openWork().runOnce();
  expect(await reply()).toBe(1);
  const request = model.requests.at(-1);
  const shown = picturesOf(request);
  expect(await shades(shown)).toEqual([shade - 20, shade]);
  for (const picture of shown) {
    const { width, height, exif, format } = await sharp(picture).metadata();
    expect([width, height, exif, format]).toEqual([256, 171, undefined, "jpeg"]);
    expect(picture.includes("4711")).toBe(false);
  }
  expect(wordsOf(request)).toMatch(
    /which you cannot see\) Photo: one[^]*attached as picture 1\) Photo: two[^]*attached as picture 2\) Photo: three[^]*Picture 1:\nPicture 2:/,
  );
  expect(await turnOf(ids[0] ?? "")).toEqual({ state: "replied", pictures: { shown: 2, refused: false } });
  // They are still in sight when the next message is answered.
  await stack.send({ text: "And this?", from });
  await reply();
  expect(await shades(picturesOf(model.requests.at(-1)))).toEqual([shade - 20, shade]);
});

test("a model that takes no pictures is asked once more, without them, and the turn says so", async () => {
  model.script = (request) => (picturesOf(request).length > 0 ? { fault: "status", status: 400 } : "What does it show?");
  const id = await stack.send(await photo("look"));
  await stack.openWork().runOnce();
  const before = model.requests.length;
  await reply();
  expect(model.requests.length - before).toBe(2);
  expect(wordsOf(model.requests.at(-1))).toContain("(a picture, which you cannot see) Photo: look");
  expect(await turnOf(id)).toEqual({ state: "replied", pictures: { shown: 1, refused: true } });
});

test("a reply waits for a picture that is being fetched, and no longer than it waits for anything", async () => {
  const id = await stack.send(await photo("soon"));
  const before = model.requests.length;
  expect(await reply()).toBe(1);
  expect(model.requests.length).toBe(before);
  await stack.test.superuser.query(
    "update media set created_at = now() - interval '21 seconds'; update lanes set check_at = now() where check_at is not null",
  );
  await reply();
  expect(picturesOf(model.requests.at(-1))).toEqual([]);
  expect(wordsOf(model.requests.at(-1))).toContain("(a picture, which you cannot see) Photo: soon");
  expect(await turnOf(id)).toEqual({ state: "replied", pictures: null });
});

test("what was refused is never shown, nor anything where the business does not want it", async () => {
  const id = await stack.send(await photo("infected"));
  await stack.openWork().runOnce();
  await stack.test.superuser.query("update media set state = 'refused', error_code = 'infected' where id = $1", [id]);
  await reply();
  expect(picturesOf(model.requests.at(-1))).toEqual([]);
  await services.replySettings.change(stack.business.businessId, { pictures: null });
  await stack.send(await photo("not wanted"));
  await stack.openWork().runOnce();
  const before = model.requests.length;
  await reply();
  expect(model.requests.length).toBe(before + 1);
  expect(picturesOf(model.requests.at(-1))).toEqual([]);
});
