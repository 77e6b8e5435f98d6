// Owns: recording that a customer said they want no more messages, or wants them again, and confirming it. Runs when the message is durable and before it is
// acknowledged: what fails here is done when the webhook is delivered again. Refuses to know: the words (words/consent-words.ts), who enforces the opt-out.
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { newId } from "../kernel/ids.ts";
import type { ConsentWordToRecord } from "../settings/consent-settings.ts";
import { customerWords } from "../whatsapp/customer-words.ts";
import type { MessageEvent } from "../whatsapp/events.ts";
import { recordConsentWordAcrossBusinesses } from "./consent-words.queries.ts";
import type { StoreOutcome } from "./store-batch.ts";

interface LocatedMessage {
  readonly event: MessageEvent;
  readonly channel: DirectoryChannel;
}

export interface RecordConsentWordsDeps {
  readonly db: Queryable;
  /** There is something to send. */
  readonly onConfirmed: () => void;
}

/** `outcomes`: one for each message, in order. Resolves when all of them are durable; doing it again changes nothing. */
export type RecordConsentWords = (messages: readonly LocatedMessage[], outcomes: readonly StoreOutcome[]) => Promise<void>;

/** Written or tapped by the customer themselves. A caption, a form or an edit is no such word. */
const TYPES: ReadonlySet<string> = new Set(["text", "button", "interactive"]);

function wordOf({ event, channel }: LocatedMessage): ConsentWordToRecord | undefined {
  if (event.direction !== "in" || event.isHistory || event.groupId !== undefined || !TYPES.has(event.type)) return undefined;
  const words = customerWords(event);
  return words === null ? undefined : channel.readConsentWord(words);
}

export function createRecordConsentWords({ db, onConfirmed }: RecordConsentWordsDeps): RecordConsentWords {
  return async (messages, outcomes) => {
    for (const [at, located] of messages.entries()) {
      const said = wordOf(located);
      const outcome = outcomes[at];
      if (said === undefined || outcome === undefined || outcome === "quarantined") continue;
      const { businessId, channelId } = located.channel;
      const [row] = await db.run(recordConsentWordAcrossBusinesses, {
        businessId,
        channelId,
        providerMessageId: located.event.providerMessageId,
        isStop: said.word === "stop",
        isRepeat: outcome === "duplicate",
        eventId: newId(),
        confirmationId: newId(),
        confirmation: said.confirmation,
      });
      if (row?.is_confirmed === true) onConfirmed();
    }
  };
}
