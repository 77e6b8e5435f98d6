// Owns: connections that never reach a machine inside our own network. The address is checked where the connection is made, after the name was
// looked up: neither a redirect, nor a spelling, nor a name that changes its address gets around it. Refuses to know: HTTP.
import type { LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { OutsideError } from "./outside-error.ts";
import { isAddress, isPublicAddress } from "./public-address.ts";
import { createHostResolver, type LookupAll } from "./resolve-host.ts";

export interface GuardedAgentOptions {
  /** Hosts inside our network that may be reached all the same: `host` or `host:port`, IPv6 in brackets; `*`: all. */
  readonly privateHosts: readonly string[];
  readonly connectTimeoutMs?: number | undefined;
  /** In place of our own name look-up (resolve-host.ts). */
  readonly lookup?: LookupAll | undefined;
}

function refusal(host: string): OutsideError {
  return new OutsideError(
    "not_allowed",
    `${host} is an address inside this network and was not asked. The operator can allow it with ONETHREAD_PRIVATE_HOSTS.`,
  );
}

/** Guarded: every address that the name has must be public: which of them is taken is not ours to say. */
export function createSocketLookup(lookup: LookupAll, { guarded }: { readonly guarded: boolean }): LookupFunction {
  const isRefused = (address: string): boolean => guarded && !isPublicAddress(address);
  return (hostname, options, callback) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error !== null) callback(error, "", 4);
      else if (addresses.length === 0 || addresses.some(({ address }) => isRefused(address))) callback(refusal(hostname), "", 4);
      else if (options.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
    });
  };
}

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

export function createGuardedAgent({ privateHosts, connectTimeoutMs = 5_000, lookup = createHostResolver() }: GuardedAgentOptions): Agent {
  const allowed = new Set(privateHosts.map((host) => withoutBrackets(host.trim().toLowerCase())));
  const open = buildConnector({ timeout: connectTimeoutMs, lookup: createSocketLookup(lookup, { guarded: false }) });
  const guarded = buildConnector({ timeout: connectTimeoutMs, lookup: createSocketLookup(lookup, { guarded: true }) });
  const isAllowed = (host: string, port: string): boolean => {
    const named = host.toLowerCase();
    return allowed.has("*") || allowed.has(named) || allowed.has(named.includes(":") ? `[${named}]:${port}` : `${named}:${port}`);
  };
  return new Agent({
    connect(options, callback) {
      const host = withoutBrackets(options.hostname);
      const port = options.port === "" ? (options.protocol === "https:" ? "443" : "80") : options.port;
      if (isAllowed(host, port)) open(options, callback);
      else if (isAddress(host) && !isPublicAddress(host)) callback(refusal(host), null);
      else guarded(options, callback);
    },
  });
}
