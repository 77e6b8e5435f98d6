// Owns: files in a bucket of any store that speaks S3. Bodies go through a piece at a time, in both directions. Refuses to know: encryption, life times and copies,
// which are the bucket's own.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { AwsV4Signer } from "aws4fetch";
import { Agent, request } from "undici";
import { storeProblem } from "./media-problem.ts";
import { keyOf, type MediaStore } from "./media-store.ts";

export interface S3Options {
  /** With the bucket in its path or in its host, and perhaps a prefix: https://s3.example.com/bucket. */
  readonly url: string;
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
  /** Without a byte for so long, a request is given up. */
  readonly idleMs?: number;
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export function createS3Store({ url, region, keyId, secret, idleMs = 30_000 }: S3Options): MediaStore {
  const base = url.replace(/\/+$/, "");
  const agent = new Agent({ connect: { timeout: 5_000 }, headersTimeout: idleMs, bodyTimeout: idleMs });

  async function signed(method: string, key: string, headers: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const signer = new AwsV4Signer({
      ...{ url: `${base}/${key}`, method, headers, region, service: "s3" },
      ...{ accessKeyId: keyId, secretAccessKey: secret },
    });
    return Object.fromEntries((await signer.sign()).headers);
  }

  return {
    async put({ name, path, bytes, sha256 }) {
      const key = keyOf(name);
      const body = createReadStream(path);
      try {
        // The store compares the hash with what it got: what was cut short is not stored.
        const headers = { ...(await signed("PUT", key, { "x-amz-content-sha256": sha256 })), "content-length": String(bytes) };
        const answer = await request(`${base}/${key}`, { dispatcher: agent, method: "PUT", headers, body });
        await answer.body.dump();
        if (answer.statusCode < 200 || answer.statusCode > 299) throw s3Error(answer.statusCode);
      } catch (error) {
        throw storeProblem(error);
      } finally {
        body.destroy();
      }
    },
    async open(name, range) {
      const key = keyOf(name);
      const wanted = range === undefined ? {} : { range: `bytes=${String(range.start)}-${String(range.end)}` };
      const headers = { ...(await signed("GET", key, { "x-amz-content-sha256": EMPTY_SHA256 })), ...wanted };
      const { statusCode, body } = await request(`${base}/${key}`, { dispatcher: agent, method: "GET", headers });
      if (statusCode === (range === undefined ? 200 : 206)) return body;
      // A store that does not know ranges sends the whole.
      if (statusCode === 200 && range !== undefined) return Readable.from(partOf(body, range.start, range.end));
      await body.dump();
      if (statusCode === 404) return undefined;
      throw s3Error(statusCode);
    },
    async remove(name) {
      const key = keyOf(name);
      try {
        const headers = await signed("DELETE", key, { "x-amz-content-sha256": EMPTY_SHA256 });
        const { statusCode, body } = await request(`${base}/${key}`, { dispatcher: agent, method: "DELETE", headers });
        await body.dump();
        if (statusCode !== 404 && (statusCode < 200 || statusCode > 299)) throw s3Error(statusCode);
      } catch (error) {
        throw storeProblem(error);
      }
    },
    close: () => agent.destroy(),
  };
}

const s3Error = (status: number): Error =>
  Object.assign(new Error(`the store answered ${String(status)}`), { code: `HTTP ${String(status)}` });

async function* partOf(body: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of body) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    if (part.length > 0) yield part;
    at += chunk.length;
    if (at > end) return;
  }
}
