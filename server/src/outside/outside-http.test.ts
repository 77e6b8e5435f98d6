// Proves with real servers on this machine that nothing inside our network is reached by an address that a business chose.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createOutsideHttp, type OutsideHttp, type OutsideHttpOptions, type OutsideRequest } from "./outside-http.ts";
import { OutsideError } from "./outside-error.ts";
import type { LookupAll } from "./resolve-host.ts";

interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Listening {
  readonly port: number;
  readonly at: string;
  readonly seen: ReceivedRequest[];
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(answer: RequestListener, host = "127.0.0.1"): Promise<Listening> {
  const seen: ReceivedRequest[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, at: `http://${host.includes(":") ? `[${host}]` : host}:${String(port)}`, seen };
}

function outside(options: Partial<OutsideHttpOptions> = {}): OutsideHttp {
  const http = createOutsideHttp({ privateHosts: [], ...options });
  closers.push(() => http.close());
  return http;
}

const ok: RequestListener = (_request, response) => response.end("inside");
const to =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { location }).end();

async function failureOf(http: OutsideHttp, request: Partial<OutsideRequest> & { readonly url: string }): Promise<OutsideError> {
  const error = await http.request({ timeoutMs: 5_000, maxBytes: 1_000, maxRedirects: 3, ...request }).then(
    ({ status }) => new Error(`it was answered ${String(status)}`),
    (caught: unknown) => caught,
  );
  if (error instanceof OutsideError) return error;
  throw error;
}

test.for([
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "017700000001",
  "0",
  "①②⑦.⓪.⓪.①",
  "localhost",
  "LOCALHOST",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
])("a server on this machine is not reached as %s", async (host) => {
  const server = await listen(ok);
  const error = await failureOf(outside(), { url: `http://${host}:${String(server.port)}/` });
  expect(error.code).toBe("not_allowed");
  expect(error.message).toContain("ONETHREAD_PRIVATE_HOSTS");
  expect(server.seen).toEqual([]);
});

test.for(["10.0.0.1", "192.168.0.1", "172.16.3.4", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::a00:1]"])(
  "%s is refused before anything is sent",
  async (host) => {
    expect((await failureOf(outside(), { url: `http://${host}/latest/meta-data` })).code).toBe("not_allowed");
  },
);

/** A name server that says what the test says. */
function names(addresses: readonly string[]): { readonly lookup: LookupAll; readonly asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupAll = (hostname, _options, callback) => {
    asked.push(hostname);
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { lookup, asked };
}

test.for([[["127.0.0.1"]], [["8.8.8.8", "127.0.0.1"]], [["2606:4700::1111", "::1"]], [["::ffff:10.0.0.1"]], [[]]] as const)(
  "a name with the addresses %j is refused",
  async ([addresses]) => {
    const server = await listen(ok);
    const { lookup, asked } = names(addresses);
    expect((await failureOf(outside({ lookup }), { url: `http://shop.example:${String(server.port)}/` })).code).toBe("not_allowed");
    expect(asked).toEqual(["shop.example"]);
    expect(server.seen).toEqual([]);
  },
);

test("the operator allows a host, or one port of it, and nothing beside it", async () => {
  const [one, two] = [await listen(ok), await listen(ok)];
  const limits = { timeoutMs: 5_000, maxBytes: 100 };
  const byPort = outside({ privateHosts: [`127.0.0.1:${String(one.port)}`] });
  expect((await byPort.request({ url: one.at, ...limits })).body.toString()).toBe("inside");
  expect((await failureOf(byPort, { url: two.at })).code).toBe("not_allowed");
  expect((await failureOf(byPort, { url: `http://localhost:${String(one.port)}` })).code).toBe("not_allowed");
  const byHost = outside({ privateHosts: ["LocalHost"] });
  expect((await byHost.request({ url: `http://localhost:${String(two.port)}`, ...limits })).status).toBe(200);
  expect((await failureOf(byHost, { url: two.at })).code).toBe("not_allowed");
  expect((await outside({ privateHosts: ["*"] }).request({ url: two.at, ...limits })).status).toBe(200);
});

const hasIPv6 = networkInterfaces()["lo"]?.some(({ family }) => family === "IPv6") === true;

test.runIf(hasIPv6)("an IPv6 host is allowed with or without its brackets, and with a port in them only", async () => {
  const limits = { timeoutMs: 5_000, maxBytes: 100 };
  const six = await listen(ok, "::1");
  for (const host of ["::1", "[::1]", `[::1]:${String(six.port)}`])
    expect((await outside({ privateHosts: [host] }).request({ url: six.at, ...limits })).status).toBe(200);
  expect((await failureOf(outside({ privateHosts: ["[::1]:1"] }), { url: six.at })).code).toBe("not_allowed");
});

test.for([301, 302, 303, 307, 308])("a redirect %i leads into the network no more than the address itself", async (status) => {
  const inside = await listen(ok);
  for (const target of [inside.at, `http://localhost:${String(inside.port)}`, `//2130706433:${String(inside.port)}/`]) {
    const public_ = await listen(to(target, status));
    const http = outside({ privateHosts: [`127.0.0.1:${String(public_.port)}`] });
    expect((await failureOf(http, { url: public_.at })).code).toBe("not_allowed");
    expect(public_.seen).toHaveLength(1);
  }
  expect(inside.seen).toEqual([]);
});

test("a redirect to another kind of address, or to one with a login, is refused without telling it", async () => {
  for (const target of ["file:///etc/passwd", "gopher://127.0.0.1/", "http://user:hunter2@127.0.0.1/", "http://"]) {
    const server = await listen(to(target));
    const error = await failureOf(outside({ privateHosts: ["127.0.0.1"] }), { url: server.at });
    expect(error.code).toBe("invalid_url");
    expect(error.message).not.toMatch(/hunter2|passwd/);
  }
  for (const url of ["ftp://example.com", "nonsense", "http://user:hunter2@example.com/"])
    expect((await failureOf(outside(), { url })).code).toBe("invalid_url");
});

const headers = { authorization: "Bearer secret", "x-api-key": "secret", cookie: "secret=1", "content-type": "application/json" };

test("headers and body stay with the host that they are meant for, also when it is come back to", async () => {
  let back = "";
  const other = await listen((_request, response) => response.writeHead(302, { location: back }).end());
  const home = await listen((request, response) => {
    if (request.url === "/") response.writeHead(302, { location: `${other.at}/x` }).end();
    else response.end("home");
  });
  back = `${home.at}/again`;
  const http = outside({ privateHosts: ["127.0.0.1"] });
  const answer = await http.request({
    url: home.at,
    method: "POST",
    headers,
    body: "{}",
    timeoutMs: 5_000,
    maxBytes: 100,
    maxRedirects: 3,
  });
  expect(answer).toMatchObject({ url: `${home.at}/again`, status: 200 });
  expect(home.seen[0]).toMatchObject({ method: "POST", body: "{}", headers });
  for (const { method, body, headers: sent } of [...other.seen, ...home.seen.slice(1)]) {
    expect({ method, body }).toEqual({ method: "GET", body: "" });
    expect(JSON.stringify(sent)).not.toContain("secret");
  }
  const kept = await listen(to(`${other.at}/body`, 307));
  other.seen.length = 0;
  expect((await failureOf(http, { url: kept.at, method: "POST", headers, body: "{}" })).code).toBe("not_allowed");
  expect(other.seen).toEqual([]);
});

test("on the same host a redirect keeps the headers, and with 307 the body too", async () => {
  const server = await listen((request, response) => {
    if (request.url === "/") response.writeHead(307, { location: "/next" }).end();
    else response.end("done");
  });
  const http = outside({ privateHosts: ["127.0.0.1"] });
  await http.request({ url: server.at, method: "POST", headers, body: "{}", timeoutMs: 5_000, maxBytes: 100, maxRedirects: 1 });
  expect(server.seen[1]).toMatchObject({ method: "POST", url: "/next", body: "{}", headers });
});

test("redirects are followed so far and no further; without a number none is, and with 0 it is the answer", async () => {
  const server = await listen(to("/on"));
  const http = outside({ privateHosts: ["127.0.0.1"] });
  expect((await failureOf(http, { url: server.at, maxRedirects: 3 })).code).toBe("too_many_redirects");
  expect(server.seen).toHaveLength(4);
  const limits = { timeoutMs: 5_000, maxBytes: 100 };
  await expect(http.request({ url: server.at, ...limits })).rejects.toMatchObject({ code: "too_many_redirects" });
  expect(await http.request({ url: server.at, ...limits, maxRedirects: 0 })).toMatchObject({ status: 302 });
});

test("an answer that is too long is given up, packed or not, whatever it says of its length", async () => {
  const big = "x".repeat(100_000);
  const plain = await listen((_request, response) => response.end(big));
  const packed = await listen((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(big)));
  const endless = await listen((_request, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write("x".repeat(1_000), () => setImmediate(more));
    };
    more();
  });
  const http = outside({ privateHosts: ["127.0.0.1"] });
  for (const { at } of [plain, packed, endless]) expect((await failureOf(http, { url: at })).code).toBe("too_large");
  expect((await http.request({ url: plain.at, timeoutMs: 5_000, maxBytes: 100_000 })).body).toHaveLength(100_000);
});

test("time is counted over everything: a server that says nothing, one that drips, and one that leads in circles", async () => {
  const silent = await listen(() => undefined);
  const dripping = await listen((_request, response) => {
    const drip = setInterval(() => response.write("."), 20);
    response.on("close", () => {
      clearInterval(drip);
    });
  });
  const circle = await listen((_request, response) => {
    setTimeout(() => response.writeHead(302, { location: "/round" }).end(), 20);
  });
  const http = outside({ privateHosts: ["127.0.0.1"] });
  for (const { at } of [silent, dripping, circle])
    expect((await failureOf(http, { url: at, timeoutMs: 200, maxRedirects: 10_000 })).code).toBe("timeout");
});

test("who asks can give up, and is told so", async () => {
  const gaveUp = new AbortController();
  const server = await listen(() => {
    gaveUp.abort();
  });
  const error = await failureOf(outside({ privateHosts: ["127.0.0.1"] }), { url: server.at, signal: gaveUp.signal });
  expect(error.code).toBe("aborted");
});

test("what cannot be reached, or speaks no HTTP, is said with its host and without its query", async () => {
  const garbage = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.resume().end("not http\r\n\r\n");
  });
  await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => garbage.close(resolve)));
  const { port } = garbage.address() as AddressInfo;
  for (const url of [`http://127.0.0.1:${String(port)}/?token=hunter2`, "http://127.0.0.1:1/?token=hunter2"]) {
    const error = await failureOf(outside({ privateHosts: ["127.0.0.1"] }), { url, headers });
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("127.0.0.1:");
    expect(error.message).not.toMatch(/hunter2|secret/);
  }
});

test("whatever the server says is an answer, also 500", async () => {
  const server = await listen((_request, response) => response.writeHead(500, { "retry-after": "7" }).end("broken"));
  const answer = await outside({ privateHosts: ["127.0.0.1"] }).request({ url: server.at, timeoutMs: 5_000, maxBytes: 100 });
  expect(answer.status).toBe(500);
  expect(answer.headers.get("retry-after")).toBe("7");
});

test("the fetch for libraries has the same guard and follows no redirect", async () => {
  const inside = await listen(ok);
  const public_ = await listen(to(inside.at));
  const http = outside({ privateHosts: [`127.0.0.1:${String(public_.port)}`] });
  await expect(http.fetch(inside.at)).rejects.toMatchObject({ cause: { code: "not_allowed" } });
  await expect(http.fetch(public_.at)).rejects.toThrow();
  expect(inside.seen).toEqual([]);
  expect(await (await outside({ privateHosts: ["*"] }).fetch(inside.at)).text()).toBe("inside");
});
