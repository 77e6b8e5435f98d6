// Owns: a webhook whose events are read one after the other, at once or in turns with everybody else's work. Refuses to know: what the events are.
import { createShortTurns } from "../kernel/short-turns.ts";
import type { WebhookEvent } from "./events.ts";

interface MalformedBody {
  readonly outcome: "malformed";
  readonly reason: string;
}

interface Readable<Events> {
  readonly outcome: "events";
  readonly events: Events;
  /** Which of a gateway's instances (Evolution) or sessions (WAHA) the body claims to come from; undefined when it names none. */
  readonly instance?: string | undefined;
}

/** A list, or events that are each made when they are asked for. */
export type OpenedWebhook = Readable<readonly WebhookEvent[] | Generator<WebhookEvent>> | MalformedBody;
export type ParsedWebhook = Readable<readonly WebhookEvent[]> | MalformedBody;

export function readAtOnce(opened: OpenedWebhook): ParsedWebhook {
  return opened.outcome === "events" ? { ...opened, events: [...opened.events] } : opened;
}

export async function readInTurns(opened: OpenedWebhook): Promise<ParsedWebhook> {
  if (opened.outcome !== "events") return opened;
  if (Array.isArray(opened.events)) return { ...opened, events: opened.events };
  const events: WebhookEvent[] = [];
  const pause = createShortTurns();
  for (const event of opened.events) {
    events.push(event);
    await pause();
  }
  return { ...opened, events };
}

/** One item, as almost every webhook has, is not worth a turn of its own. */
export function eventsOfItems<Item>(items: readonly Item[], read: ReadItem<Item>): readonly WebhookEvent[] | Generator<WebhookEvent> {
  const [only] = items;
  return items.length === 1 && only !== undefined ? listOf(read(only)) : lazily(items, read);
}

const listOf = (events: WebhookEvent | readonly WebhookEvent[]): readonly WebhookEvent[] => ("kind" in events ? [events] : events);

type ReadItem<Item> = (item: Item) => WebhookEvent | readonly WebhookEvent[];

function* lazily<Item>(items: readonly Item[], read: ReadItem<Item>): Generator<WebhookEvent> {
  for (const item of items) {
    const events = read(item);
    if ("kind" in events) yield events;
    else yield* events;
  }
}
