// Proves that a file is handed out to whoever has a good link, in whole and in part, and in no other way; and that a person can have it fetched again.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import { bearerFor, createTestHttp } from "../../test/support/test-http.ts";
import { mediaLink } from "../media/media-link.ts";
import { createS3Store } from "../media/s3-store.ts";
import { createServeMedia } from "../media/serve-media.ts";

let stack: MediaStack;
let photo: { readonly id: string; readonly url: string; readonly thumbnailUrl: string; readonly content: Buffer };
let key: string;

beforeAll(async () => {
  stack = await createMediaStack();
  const id = await stack.send({ type: "image", image: {} });
  await stack.openWork().runOnce();
  const media = await stack.view(id);
  const url = media?.url ?? "";
  const { rows } = await stack.test.superuser.query<{ key: string }>("select encode(key, 'hex') as key from media_keys");
  key = rows[0]?.key ?? "";
  photo = {
    id,
    url,
    thumbnailUrl: media?.thumbnailUrl ?? "",
    content: Buffer.from(await (await fetch(`${stack.url}${url}`)).arrayBuffer()),
  };
});
afterAll(async () => {
  await stack.close();
});

const get = (url: string, headers: Record<string, string> = {}) => stack.app.inject({ url, headers });

test("a picture is shown without a key of the API, kept by the browser, and can run nothing", async () => {
  const { statusCode, headers, rawPayload } = await get(photo.url);
  expect(statusCode).toBe(200);
  expect(rawPayload.equals(photo.content)).toBe(true);
  expect(headers).toMatchObject({
    "content-type": "image/jpeg",
    "content-length": String(photo.content.length),
    "content-disposition": "inline",
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=3600, immutable",
    "referrer-policy": "no-referrer",
  });
  expect(headers["content-security-policy"]).toMatch(/default-src 'none'; sandbox/);
  const again = await get(photo.url, { "if-none-match": String(headers.etag) });
  expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
  const head = await stack.app.inject({ method: "HEAD", url: photo.url });
  expect([head.statusCode, head.headers["content-length"], head.rawPayload.length]).toEqual([200, String(photo.content.length), 0]);
});

test.for([
  ["bytes=0-3", 0, 4],
  ["bytes=10-", 10, undefined],
  ["bytes=-5", -5, undefined],
  ["bytes=0-99999999999", 0, undefined],
] as const)("the part %s is handed out as that part", async ([range, start, end]) => {
  const { statusCode, headers, rawPayload } = await get(photo.url, { range });
  const part = photo.content.subarray(start < 0 ? photo.content.length + start : start, end);
  expect([statusCode, rawPayload.equals(part), headers["content-length"]]).toEqual([206, true, String(part.length)]);
  const first = start < 0 ? photo.content.length + start : start;
  expect(headers["content-range"]).toBe(`bytes ${String(first)}-${String(first + part.length - 1)}/${String(photo.content.length)}`);
});

test("a part that is not there is 416; several parts, nonsense and a part of an older file are the whole", async () => {
  const beyond = await get(photo.url, { range: `bytes=${String(photo.content.length)}-` });
  expect([beyond.statusCode, beyond.headers["content-range"]]).toEqual([416, `bytes */${String(photo.content.length)}`]);
  for (const range of ["bytes=0-1,5-6", "bytes=-", "lines=1-2", "bytes=b-a"])
    expect((await get(photo.url, { range })).statusCode).toBe(200);
  expect((await get(photo.url, { range: "bytes=0-1", "if-range": '"another"' })).statusCode).toBe(200);
});

test("a link is good for its file, its business, its size and its hour only", async () => {
  const { businessId } = stack.business;
  const link = { businessId, id: photo.id, variant: "file" as const };
  const wrong = [
    photo.url.replace(/signature=./, (found) => `${found.slice(0, -1)}${found.endsWith("A") ? "B" : "A"}`),
    photo.url.replace(/expires=\d+/, (found) => `${found}0`),
    photo.url.replace("/file?", "/thumbnail?"),
    photo.url.replace(businessId, stack.otherBusiness.businessId),
    photo.url.replace(photo.id, businessId),
    photo.url.replace(/&signature=.*/, ""),
    photo.url.replace("/file?", "/../file?"),
    `/media/nobody/${photo.id}/file?expires=1&signature=a`,
    mediaLink({ ...link, businessId: stack.otherBusiness.businessId }, key, Date.now()),
    mediaLink(link, "00", Date.now()),
  ];
  for (const url of wrong) expect({ url, status: (await get(url)).statusCode }).toEqual({ url, status: 404 });
  const old = await get(mediaLink(link, key, Date.now() - 2 * 3_600_000));
  expect([old.statusCode, old.json<{ code: string }>().code]).toEqual([410, "link_expired"]);
  expect((await get(mediaLink(link, key, Date.now()))).statusCode).toBe(200);
});

test("a file that the store has lost is a plain 404, which nobody keeps", async () => {
  await stack.test.superuser.query("update media set sha256 = repeat('0', 64) where id = $1", [photo.id]);
  const { statusCode, headers } = await get(photo.url);
  expect([statusCode, headers["cache-control"], headers["content-type"]]).toEqual([
    404,
    undefined,
    "application/problem+json; charset=utf-8",
  ]);
});

test("while the store is down a file is for later: nobody keeps that answer, and it is no error of ours", async () => {
  const gone = createS3Store({ url: "http://127.0.0.1:1/bucket", region: "us-east-1", keyId: "key", secret: "secret" });
  const { app } = createTestHttp(stack.database, stack.test.log, {
    serveMedia: createServeMedia({ database: stack.database, store: gone }),
  });
  const whole = await app.inject({ url: photo.url });
  const part = await app.inject({ url: photo.url, headers: { range: "bytes=0-3" } });
  for (const { statusCode, headers, json } of [whole, part]) {
    expect([statusCode, json<{ code: string }>().code, headers["retry-after"]]).toEqual([503, "unavailable", "5"]);
    expect([headers["cache-control"], headers.etag, headers["content-range"]]).toEqual([undefined, undefined, undefined]);
  }
  await Promise.all([app.close(), gone.close()]);
});

test("by hand a failed file is fetched again, one that is there is not, and that of another business is not known", async () => {
  const [own, other] = [
    await bearerFor(stack.database, stack.business.businessId),
    await bearerFor(stack.database, stack.otherBusiness.businessId),
  ];
  const retry = (id: string, headers: { authorization: string }) =>
    stack.app.inject({ method: "POST", url: `/api/v1/messages/${id}/media/retry`, headers });
  expect((await retry(photo.id, own)).json()).toMatchObject({ status: 409, code: "media_ready" });
  const id = await stack.send({ type: "image", image: { tricks: { sha256: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=" } } });
  await stack.test.superuser.query(
    "update media set state = 'failed', due_at = null, error_code = 'sha256_mismatch', attempts = 4 where id = $1",
    [id],
  );
  expect((await retry(id, other)).json()).toMatchObject({ status: 404 });
  const again = await retry(id, own);
  expect([again.statusCode, again.json()]).toEqual([
    202,
    expect.objectContaining({ id, media: expect.objectContaining({ state: "pending", error: null }) }),
  ]);
  expect(await stack.row(id)).toMatchObject({ attempts: 0, state: "pending" });
  const text = await stack.send({ text: "oi" });
  expect((await retry(text, own)).json()).toMatchObject({ status: 404 });
  const seen = await stack.app.inject({ url: `/api/v1/media/${id}`, headers: own });
  expect(seen.json()).toMatchObject({ id, state: "pending" });
  expect((await stack.app.inject({ url: `/api/v1/media/${id}`, headers: other })).statusCode).toBe(404);
});
