// Owns the two rates of the platform: per number, and per pair of number and customer. Off unless the settings say otherwise.
import type { VirtualClock } from "./clock.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { Settings } from "./settings.ts";

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface RateLimits {
  /** Uses up one send, or says which limit it met. */
  readonly take: (phoneNumberId: string, address: string) => GraphProblem | undefined;
  readonly clear: () => void;
}

function takeToken(
  buckets: Map<string, Bucket>,
  key: string,
  rate: { readonly burst: number; readonly perMs: number; readonly nowMs: number },
): boolean {
  const bucket = buckets.get(key) ?? { tokens: rate.burst, filledAtMs: rate.nowMs };
  buckets.set(key, bucket);
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (rate.nowMs - bucket.filledAtMs) * rate.perMs);
  bucket.filledAtMs = rate.nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

const throughputHit: GraphProblem = {
  code: 130429,
  details: "Message failed to send because there were too many messages sent from this phone number in a short period of time.",
};
const pairRateHit: GraphProblem = { code: 131056, details: "Too many messages to the same recipient." };

export function createRateLimits(deps: { readonly settings: Settings; readonly clock: VirtualClock }): RateLimits {
  const { settings, clock } = deps;
  const ofNumber = new Map<string, Bucket>();
  const ofPair = new Map<string, Bucket>();
  return {
    take(phoneNumberId, address) {
      const { throughput, pairRate } = settings;
      if (throughput === undefined && pairRate === undefined) return undefined;
      const nowMs = clock.nowMs();
      if (throughput !== undefined && !takeToken(ofNumber, phoneNumberId, { burst: throughput, perMs: throughput / 1000, nowMs }))
        return throughputHit;
      if (pairRate === undefined) return undefined;
      const rate = { burst: pairRate.burst, perMs: 1 / pairRate.intervalMs, nowMs };
      return takeToken(ofPair, `${phoneNumberId} ${address}`, rate) ? undefined : pairRateHit;
    },
    clear() {
      ofNumber.clear();
      ofPair.clear();
    },
  };
}
