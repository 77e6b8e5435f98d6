// Owns: what is done around the storing of messages: echoes of our own sends are taken out before it, and what customers said of consent is recorded after it.
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { MessageEvent } from "../whatsapp/events.ts";
import type { ClaimOwnEchoes } from "./claim-own-echoes.ts";
import { createIngestItem, type IngestItem } from "./ingest-item.ts";
import type { IngestQueue } from "./ingest-queue.ts";
import type { RecordConsentWords } from "./record-consent-words.ts";
import type { StoreOutcome } from "./store-batch.ts";

interface LocatedMessage {
  readonly event: MessageEvent;
  readonly channel: DirectoryChannel;
}

export interface StoreWithWordsDeps {
  readonly queue: Pick<IngestQueue<IngestItem, StoreOutcome>, "submitAll">;
  readonly claimOwnEchoes: ClaimOwnEchoes;
  readonly recordConsentWords: RecordConsentWords;
}

/** One outcome for each message, in order; all of them are durable then. The echo of our own send is a duplicate. */
export function createStoreWithWords({ queue, claimOwnEchoes, recordConsentWords }: StoreWithWordsDeps) {
  /** What customers write is asked nothing about. */
  async function store(messages: readonly LocatedMessage[]): Promise<readonly StoreOutcome[]> {
    if (!messages.some(({ event }) => event.direction === "out")) return queue.submitAll(messages, itemOf);
    const items = messages.map(itemOf);
    const own = await claimOwnEchoes(items);
    const others = items.filter((item) => !own.has(item));
    const stored = others.length === 0 ? [] : await queue.submitAll(others, (item) => item);
    const outcomes = new Map(others.map((item, at) => [item, stored[at] ?? "duplicate"]));
    return items.map((item) => outcomes.get(item) ?? "duplicate");
  }

  return async (messages: readonly LocatedMessage[]): Promise<readonly StoreOutcome[]> => {
    const outcomes = await store(messages);
    await recordConsentWords(messages, outcomes);
    return outcomes;
  };
}

const itemOf = ({ event, channel }: LocatedMessage): IngestItem => createIngestItem(event, channel);
