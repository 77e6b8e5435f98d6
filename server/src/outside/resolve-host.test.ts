// Proves with real name servers on this machine, one of which never answers, that foreign names wait for nobody but themselves.
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { afterEach, expect, test } from "vitest";
import { createHostResolver, type HostAddress, type LookupAll } from "./resolve-host.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

const A = 1;

/** A name server that answers every question for an A record with `address`, every other one with nothing; undefined: it never says a word. */
async function nameServer(address?: readonly [number, number, number, number]): Promise<string> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (query, from) => {
    if (address === undefined) return;
    let end = 12;
    while ((query[end] ?? 0) !== 0) end += (query[end] ?? 0) + 1;
    end += 5;
    const isA = query.readUInt16BE(end - 4) === A;
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
    socket.send(Buffer.concat([header, query.subarray(12, end), ...(isA ? [record] : [])]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${String(socket.address().port)}`;
}

function ask(resolver: LookupAll, hostname: string): Promise<readonly HostAddress[]> {
  return new Promise((resolve, reject) => {
    resolver(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

test("a name is found at the name server", async () => {
  const resolver = createHostResolver({ servers: [await nameServer([203, 0, 113, 7])] });
  expect(await ask(resolver, "shop.example")).toEqual([{ address: "203.0.113.7", family: 4 }]);
});

test("a name server that never answers costs its own name the limit, and no thread that files and other names share", async () => {
  const silent = createHostResolver({ servers: [await nameServer()], timeoutMs: 300 });
  let settled = 0;
  const stuck = Promise.allSettled(
    Array.from({ length: 32 }, (_, n) =>
      ask(silent, `dead-${String(n)}.example`).finally(() => {
        settled += 1;
      }),
    ),
  );
  // The system's look-up runs on the shared threads: it is answered while all of them are still waiting.
  expect((await lookup("localhost")).address).toMatch(/^(127\.0\.0\.1|::1)$/);
  expect(settled).toBe(0);
  const failures = await stuck;
  expect(failures.map(({ status }) => status)).toEqual(Array.from({ length: 32 }, () => "rejected"));
  expect(String((failures[0] as PromiseRejectedResult).reason)).toContain("did not answer within 300 ms");
});

test("a name of this machine needs no name server", async () => {
  const resolver = createHostResolver({ servers: [await nameServer()], timeoutMs: 300 });
  expect((await ask(resolver, "localhost")).map(({ address }) => address)).not.toEqual([]);
});
