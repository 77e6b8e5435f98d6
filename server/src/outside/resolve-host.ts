// Owns: looking up the name of a host that a business chose. By the resolver's own sockets and with a limit in time: the system's look-up
// (getaddrinfo) runs on the few threads that files and every other name share, so names whose server never answers would hold up the platform's.
// Refuses to know: which addresses are allowed.
import { lookup as systemLookup } from "node:dns";
import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Answers with every address of the name, or with an error; always within the resolver's limit. */
export type LookupAll = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: readonly HostAddress[]) => void,
) => void;

export interface HostResolverOptions {
  /** For one name, all its name servers and tries together. */
  readonly timeoutMs?: number;
  /** In place of the system's name servers: `address` or `address:port`. */
  readonly servers?: readonly string[];
}

const TIMEOUT_MS = 2_500;
/** A second try, because one packet may be lost. */
const TRY_MS = 1_000;
const TRIES = 2;
/** One family has answered: the other may still be on its way, and is not waited for any longer (RFC 8305 calls it the resolution delay). */
const OTHER_FAMILY_MS = 100;

/** Names of this machine, which no name server knows. Read once: an edit of the file needs a restart. */
function readHostsFile(): ReadonlySet<string> {
  try {
    const lines = readFileSync("/etc/hosts", "utf8").split("\n");
    return new Set(lines.flatMap((line) => (line.split("#")[0] ?? "").trim().toLowerCase().split(/\s+/).slice(1)));
  } catch {
    return new Set();
  }
}

/** The fuller of two answers that come at different times; rejects when both fail, or when the limit is over before the first. */
function collect(asked: readonly Promise<readonly HostAddress[]>[], { timeoutMs, hostname }: { timeoutMs: number; hostname: string }) {
  return new Promise<readonly HostAddress[]>((resolve, reject) => {
    const found: HostAddress[] = [];
    let failure: unknown = new Error(`The name servers of ${hostname} did not answer within ${String(timeoutMs)} ms.`);
    let left = asked.length;
    let timer = setTimeout(settle, timeoutMs);
    function settle(): void {
      clearTimeout(timer);
      // IPv4 first, whichever came first.
      if (found.length > 0) resolve(found.toSorted((a, b) => a.family - b.family));
      else reject(failure instanceof Error ? failure : new Error(String(failure)));
    }
    function finishOne(): void {
      left -= 1;
      if (left === 0) settle();
      else if (found.length > 0) {
        clearTimeout(timer);
        timer = setTimeout(settle, OTHER_FAMILY_MS);
      }
    }
    for (const answer of asked) {
      answer.then(
        (addresses) => {
          found.push(...addresses);
          finishOne();
        },
        (error: unknown) => {
          failure = error;
          finishOne();
        },
      );
    }
  });
}

export function createHostResolver({ timeoutMs = TIMEOUT_MS, servers }: HostResolverOptions = {}): LookupAll {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers([...servers]);
  const ownNames = readHostsFile();

  async function resolve(hostname: string): Promise<readonly HostAddress[]> {
    const v4 = resolver.resolve4(hostname).then((all) => all.map((address) => ({ address, family: 4 })));
    const v6 = resolver.resolve6(hostname).then((all) => all.map((address) => ({ address, family: 6 })));
    return collect([v4, v6], { timeoutMs, hostname });
  }

  return (hostname, options, callback) => {
    // A name without a dot is one of this machine or of its network (another container): no stranger's name server is asked for it.
    if (!hostname.includes(".") || ownNames.has(hostname.toLowerCase())) {
      systemLookup(hostname, options, callback);
      return;
    }
    resolve(hostname).then(
      (addresses) => {
        callback(null, addresses);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), []);
      },
    );
  };
}
