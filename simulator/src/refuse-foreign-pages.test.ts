import { request } from "node:http";
import { expect, test } from "vitest";
import { ana, startUnderTest } from "../test/simulator-bench.ts";

const inbound = JSON.stringify({ from: ana, text: "oi" });

/** With exactly these headers: fetch does not let its caller choose the Host. */
async function statusOf(url: string, headers: Readonly<Record<string, string>>, body?: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(url, { method: body === undefined ? "GET" : "POST", headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ["of another page", { origin: "https://example.com", "content-type": "text/plain" }],
  ["of another page as JSON", { origin: "https://example.com", "content-type": "application/json" }],
  ["of a page without an origin", { origin: "null", "content-type": "text/plain" }],
  ["without an answer (no-cors)", { "sec-fetch-site": "cross-site", "content-type": "text/plain" }],
  ["of another port of this machine", { "sec-fetch-site": "same-site", "content-type": "text/plain" }],
  ["by a name that a stranger can lead here", { host: "rebound.example.com:4010" }],
])("a request %s is refused and nothing is written", async (_name, headers) => {
  const { simulator } = await startUnderTest();
  expect(await statusOf(`${simulator.url}/sim/inbound`, headers, inbound)).toBe(403);
  expect(await statusOf(`${simulator.url}/sim/outbox`, headers)).toBe(403);
  expect(simulator.deliveries()).toHaveLength(0);
});

test.each(["127.0.0.1:4010", "localhost:4010", "[::1]:4010", "192.0.2.7", "simulator:4010", "host.docker.internal:4010", "a.localhost"])(
  "a program may ask for it as %s",
  async (host) => {
    const { simulator } = await startUnderTest();
    expect(await statusOf(`${simulator.url}/sim/health`, { host })).toBe(200);
    expect(await statusOf(`${simulator.url}/sim/inbound`, { host }, inbound)).toBe(200);
  },
);

test("a name that the operator allowed is a name of its own", async () => {
  const { simulator } = await startUnderTest({ allowedHosts: ["Graph.Example.com"] });
  expect(await statusOf(`${simulator.url}/sim/health`, { host: "graph.example.com:4010" })).toBe(200);
  expect(await statusOf(`${simulator.url}/sim/health`, { host: "other.example.com:4010" })).toBe(403);
});

test("its own page may write, as JSON only", async () => {
  const { simulator } = await startUnderTest();
  const own = { origin: simulator.url, "sec-fetch-site": "same-origin" };
  const host = new URL(simulator.url).host;
  expect(await statusOf(`${simulator.url}/sim/inbound`, { ...own, host, "content-type": "application/json" }, inbound)).toBe(200);
  expect(await statusOf(`${simulator.url}/sim/inbound`, { ...own, host, "content-type": "text/plain" }, inbound)).toBe(415);
});
