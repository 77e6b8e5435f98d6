// Proves both stores on the same behaviour; of S3 against a server that speaks it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createHash, randomBytes } from "node:crypto";
import S3rver from "@20minutes/s3rver";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../kernel/ids.ts";
import { createGraphUpload } from "../whatsapp/graph-upload.ts";
import { createLocalStore } from "./local-store.ts";
import type { MediaStore, NewFile } from "./media-store.ts";
import { createS3Store } from "./s3-store.ts";

let directory: string;
let server: S3rver;
let port: number;
const stores = new Map<string, MediaStore>();
const s3 = { region: "us-east-1", keyId: "S3RVER", secret: "S3RVER" };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "onethread-stores-"));
  server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory: join(directory, "s3"),
    configureBuckets: [{ name: "files", configs: [] }],
  });
  ({ port } = await server.run());
  stores.set("local", createLocalStore(join(directory, "local")));
  stores.set("s3", createS3Store({ ...s3, url: `http://127.0.0.1:${String(port)}/files/a/prefix` }));
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

async function newFile(content: Buffer): Promise<NewFile> {
  const path = join(directory, randomBytes(8).toString("hex"));
  await writeFile(path, content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { name: { businessId: newId(), sha256, variant: "file" }, path, bytes: content.length, sha256 };
}

const get = (name: string): MediaStore => {
  const store = stores.get(name);
  if (store === undefined) throw new Error("no such store");
  return store;
};

test.for(["local", "s3"])("%s: what was put is there, in whole and in part, also when it is put again", async (name) => {
  const content = randomBytes(3_000_000);
  const file = await newFile(content);
  await get(name).put(file);
  const read = async (range?: { start: number; end: number }): Promise<Buffer | undefined> => {
    const stream = await get(name).open(file.name, range);
    return stream === undefined ? undefined : buffer(stream);
  };
  expect((await read())?.equals(content)).toBe(true);
  expect((await read({ start: 10, end: 19 }))?.equals(content.subarray(10, 20))).toBe(true);
  expect((await read({ start: content.length - 1, end: content.length - 1 }))?.length).toBe(1);
  await writeFile(file.path, content);
  await get(name).put(file);
  expect((await read())?.length).toBe(content.length);
  await get(name).put({ ...(await newFile(Buffer.from("small"))), name: { ...file.name, variant: "thumbnail" } });
  expect((await read())?.length).toBe(content.length);
});

test.for(["local", "s3"])("%s: what was never put, and what another business has, is not there", async (name) => {
  const file = await newFile(Buffer.from("mine"));
  await get(name).put(file);
  expect(await get(name).open({ ...file.name, businessId: newId() })).toBeUndefined();
  expect(await get(name).open({ ...file.name, variant: "thumbnail" })).toBeUndefined();
});

test.for(["local", "s3"])(
  "%s: an upload is removed by its id, its thumbnail apart, and nobody else's file of the same bytes; what is not there is removed too",
  async (name) => {
    const file = await newFile(Buffer.from("the same bytes"));
    const store = get(name);
    const put = async (of: Partial<NewFile["name"]>): Promise<NewFile["name"]> => {
      const target = { ...file.name, ...of };
      const { path } = await newFile(Buffer.from("the same bytes"));
      await store.put({ ...file, path, name: target });
      return target;
    };
    const uploadId = newId();
    const [mine, small] = [await put({ uploadId }), await put({ uploadId, variant: "thumbnail" })];
    const others = [await put({}), await put({ uploadId: newId() }), await put({ uploadId, businessId: newId() })];
    const areThere = (names: readonly NewFile["name"][]): Promise<readonly boolean[]> =>
      Promise.all(
        names.map(async (one) => {
          const stream = await store.open(one);
          return stream !== undefined && (await buffer(stream)).length > 0;
        }),
      );
    // As the removal names it: it does not know the hash.
    await store.remove({ ...mine, sha256: "" });
    expect(await areThere([mine, small, ...others])).toEqual([false, true, true, true, true]);
    for (let times = 0; times < 2; times += 1) await store.remove({ ...small, sha256: "" });
    await store.remove({ ...mine, uploadId: newId() });
    expect(await areThere([mine, small, ...others])).toEqual([false, false, true, true, true]);
  },
);

test("S3 that is gone, or does not know the key, is a problem of the store, and nothing of the file", async () => {
  const file = await newFile(Buffer.from("a file"));
  const [gone, unknown] = [
    createS3Store({ ...s3, url: "http://127.0.0.1:1/files" }),
    createS3Store({ ...s3, secret: "another", url: `http://127.0.0.1:${String(port)}/files` }),
  ];
  await expect(gone.put(file)).rejects.toMatchObject({ name: "MediaProblem", code: "store_unavailable" });
  await expect(unknown.put(file)).rejects.toMatchObject({
    name: "MediaProblem",
    code: "store_unavailable",
    message: expect.stringContaining("HTTP 403"),
  });
  await expect(gone.remove(file.name)).rejects.toMatchObject({ name: "MediaProblem", code: "store_unavailable" });
  await expect(unknown.remove(file.name)).rejects.toMatchObject({
    code: "store_unavailable",
    message: expect.stringContaining("HTTP 403"),
  });
  await expect(gone.open(file.name)).rejects.toThrow();
  await expect(unknown.open(file.name)).rejects.toThrow("403");
  await Promise.all([gone.close(), unknown.close()]);
});

test("an upload that was given up before it began writes nothing, and may be tried again", async () => {
  const file = await newFile(randomBytes(3_000));
  await get("local").put(file);
  const body = (await get("local").open(file.name)) ?? Readable.from([]);
  const upload = createGraphUpload({ baseUrl: `http://127.0.0.1:${String(port)}`, version: "v26.0" });
  const channel = { key: "100000000000001", accessToken: "token" };
  const end = await upload.uploadFile({ channel, mimeType: "image/png", bytes: 3_000, body, signal: AbortSignal.abort() });
  expect(end).toMatchObject({ outcome: "rejected", retry: "backoff" });
  expect(body.destroyed).toBe(true);
  await upload.close();
});
