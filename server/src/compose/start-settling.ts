// Owns: what asks the providers besides sending, in a process that works, on connections of its own: what became of messages of which nobody knows whether they were sent (and sending again
// what a business wants to be), and how fast each number may send.
import { createReadNumberFacts } from "../businesses/read-number-facts.ts";
import { isQuiet } from "../campaigns/hours.ts";
import { createPeriodic } from "../maintenance/periodic.ts";
import type { Loop } from "../kernel/loop.ts";
import { createLookUpUnknown } from "../outbound/look-up-unknown.ts";
import { createResendUnknown } from "../outbound/resend-unknown.ts";
import { createSocketLookup } from "../outside/guarded-agent.ts";
import { createHostResolver } from "../outside/resolve-host.ts";
import { createGatewayHttp } from "../whatsapp/gateways/gateway-http.ts";
import { gatewaySentLookup } from "../whatsapp/gateways/list-sent.ts";
import { createPool } from "../whatsapp/http-exchange.ts";
import { createMessageHistory } from "../whatsapp/message-history.ts";
import { isGateway } from "../whatsapp/providers.ts";
import { createReadNumber } from "../whatsapp/read-number.ts";
import type { SentLookupOf } from "../whatsapp/sent-lookup.ts";
import type { Parts } from "./parts.ts";

const LOOK_INTERVAL_MS = 5_000;
const RESEND_INTERVAL_MS = 10_000;
const NUMBERS_INTERVAL_MS = 60_000;
const TIMEOUT_MS = 15_000;
const CONNECTIONS = 8;

/** `graphUrl`: where the Cloud API is reached. */
export function startSettling(parts: Parts, graphUrl: string): void {
  const { database, log, services, wakeUps, atEnd } = parts;
  const lookUp = createLookUpUnknown({ database, log, lookupOf: openLookups(parts, graphUrl) });
  const task = createPeriodic({ name: "unknown-sends", everyMs: LOOK_INTERVAL_MS, log, runOnce: lookUp });
  const wake = (kind: "send"): void => {
    wakeUps.wake(kind);
  };
  const resend = createResendUnknown({ database, settings: services.replySettings, isQuiet, wake, log });
  const resending = createPeriodic({ name: "resends", everyMs: RESEND_INTERVAL_MS, log, runOnce: resend });
  for (const each of [task, resending, readingNumbers(parts, graphUrl)]) {
    each.start();
    atEnd(() => each.stop());
  }
}

function readingNumbers({ database, log, config, atEnd }: Parts, baseUrl: string): Loop {
  const dispatcher = createPool({ connections: 1, timeoutMs: TIMEOUT_MS });
  atEnd(() => dispatcher.close());
  const readNumber = createReadNumber({ baseUrl, version: config.graphVersion, timeoutMs: TIMEOUT_MS, dispatcher });
  return createPeriodic({
    name: "numbers",
    everyMs: NUMBERS_INTERVAL_MS,
    log,
    runOnce: createReadNumberFacts({ database, readNumber, log }),
  });
}

function openLookups({ config, atEnd }: Parts, graphUrl: string): SentLookupOf {
  const dispatcher = createPool({ connections: CONNECTIONS, timeoutMs: TIMEOUT_MS });
  atEnd(() => dispatcher.close());
  const history = createMessageHistory({ baseUrl: graphUrl, version: config.graphVersion, timeoutMs: TIMEOUT_MS, dispatcher });
  const http = createGatewayHttp({ timeoutMs: TIMEOUT_MS, lookup: createSocketLookup(createHostResolver(), { guarded: false }) });
  atEnd(() => http.close());
  return (provider, settings) => {
    if (provider === "cloud") return history;
    return isGateway(provider) ? gatewaySentLookup(http, provider, settings) : undefined;
  };
}
