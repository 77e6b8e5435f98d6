// Owns: taking the events of a delivery apart by what is done with them. Refuses to know: how any of it is stored.
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createShortTurns } from "../kernel/short-turns.ts";
import type {
  ContactsEvent,
  HandoverEvent,
  HistoryEvent,
  IdentityEvent,
  MessageEvent,
  NoticeEvent,
  PreferenceEvent,
  StatusEvent,
  WebhookEvent,
} from "../whatsapp/events.ts";
import { isForNothing } from "../whatsapp/is-for-nothing.ts";
import type { LocatedChange } from "./change-identities.ts";
import type { FindPlaces, Place } from "./find-places.ts";
import { type IdentityLesson, lessonOf } from "./learn-identity.ts";
import type { LocatedPreferences } from "./record-preferences.ts";
import type { StatusItem } from "./store-statuses.ts";
import type { RefusedEntry } from "./webhook-log.ts";

/** `isUsed`: it needs nothing more than its raw record. */
export type Notice = { readonly event: NoticeEvent; readonly isUsed: boolean; readonly businessId?: BusinessId | undefined };
export type Located<E> = { readonly event: E; readonly channel: DirectoryChannel };

/** The events of a delivery, by what is done with them. */
export interface DeliveryParts {
  readonly messages: readonly Located<MessageEvent>[];
  readonly statusItems: readonly StatusItem[];
  readonly notices: Notice[];
  readonly lessons: readonly IdentityLesson[];
  readonly preferences: readonly LocatedPreferences[];
  readonly changes: readonly LocatedChange[];
  readonly histories: readonly Located<HistoryEvent>[];
  readonly contacts: readonly Located<ContactsEvent>[];
  readonly handovers: readonly Located<HandoverEvent>[];
  readonly aside: readonly RefusedEntry[];
}

export interface SortDeliveryDeps {
  /** Undefined: the event names no channel of ours. */
  readonly locate: <E extends WebhookEvent>(event: E) => Promise<Located<E> | undefined>;
  readonly findPlaces: FindPlaces;
}

export function createSortDelivery({ locate, findPlaces }: SortDeliveryDeps): (events: readonly WebhookEvent[]) => Promise<DeliveryParts> {
  return async (events: readonly WebhookEvent[]): Promise<DeliveryParts> => {
    const messages: Located<MessageEvent>[] = [];
    const statusItems: StatusItem[] = [];
    const notices: Notice[] = [];
    const lessons: IdentityLesson[] = [];
    const preferences: LocatedPreferences[] = [];
    const changes: LocatedChange[] = [];
    const histories: Located<HistoryEvent>[] = [];
    const contacts: Located<ContactsEvent>[] = [];
    const handovers: Located<HandoverEvent>[] = [];
    const aside: RefusedEntry[] = [];
    const pause = createShortTurns();
    for (const event of events) {
      await pause();
      if (event.kind === "notice") {
        notices.push({ event, isUsed: isForNothing(event) });
        continue;
      }
      if (event.kind === "preference" || event.kind === "identity") {
        const places = await findPlaces(event);
        if (places === undefined) aside.push({ businessId: undefined, event, reason: reasonOf(event) });
        else if (event.kind === "preference") preferences.push({ event, places });
        else if (event.becomes !== undefined && places.length > 0) changes.push({ event, places });
        else {
          for (const place of places) lessons.push(lessonOf(event, place));
          notices.push(noticeOfEvent(event, { places, isUsed: places.length > 0 }));
        }
        continue;
      }
      const located = await locate(event);
      if (located === undefined || event.kind === "unreadable") {
        aside.push({ businessId: located?.channel.businessId, event, reason: reasonOf(event) });
      } else if (event.kind === "message") messages.push({ event, channel: located.channel });
      else if (event.kind === "history") histories.push({ event, channel: located.channel });
      else if (event.kind === "handover") handovers.push({ event, channel: located.channel });
      else if (event.kind === "contacts") {
        contacts.push({ event, channel: located.channel });
        for (const { customer, at } of event.entries) lessons.push({ channel: located.channel, customer, source: event.kind, at });
        notices.push(noticeOfEvent(event, { places: [located.channel], isUsed: true }));
      } else {
        lessons.push(lessonOf(event, located.channel));
        statusItems.push(statusItem({ event, channel: located.channel }));
      }
    }
    return { messages, statusItems, notices, lessons, preferences, changes, histories, contacts, handovers, aside };
  };
}

function reasonOf(event: WebhookEvent): string {
  return event.kind === "unreadable"
    ? event.reason
    : `No channel is connected for "${event.provider === "cloud" ? (event.channelKey ?? "") : "(the address of a gateway)"}".`;
}

const FIELDS = {
  preference: "user_preferences",
  identity: "identity",
  contacts: "smb_app_state_sync",
  handover: "messaging_handovers",
} as const;

export function noticeOfEvent(
  { kind, provider, channelKey, raw }: IdentityEvent | PreferenceEvent | ContactsEvent | HandoverEvent,
  { places, isUsed }: { readonly places: readonly Place[]; readonly isUsed: boolean },
): Notice {
  const field = FIELDS[kind];
  const event = { kind: "notice" as const, provider, field, raw, ...(channelKey === undefined ? {} : { channelKey }) };
  // What names a customer belongs to no business as long as several could be meant.
  return { event, isUsed, businessId: places.length === 1 ? places[0]?.businessId : undefined };
}

function statusItem({ event, channel }: Located<StatusEvent>): StatusItem {
  return { event, businessId: channel.businessId, channelId: channel.channelId, timeZone: channel.timeZone };
}
