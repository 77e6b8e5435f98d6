// Owns: which businesses an event concerns, when a provider names one of our numbers, or only an account: then every business with a channel of that account.
// Refuses to know: what the event says.
import type { ChannelDirectory, DirectoryChannel } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import type { BusinessId, ChannelId } from "../kernel/ids.ts";
import type { IdentityEvent, PreferenceEvent } from "../whatsapp/events.ts";
import { findChannelsOfAccountAcrossBusinesses } from "./signals.queries.ts";

export type Place = Pick<DirectoryChannel, "businessId" | "channelId" | "scope">;

/** One per business, because a person has one thread there. Undefined when nobody connected the number that the event names. */
export type FindPlaces = (event: IdentityEvent | PreferenceEvent) => Promise<readonly Place[] | undefined>;

export function createFindPlaces({ db, channels }: { readonly db: Queryable; readonly channels: ChannelDirectory }): FindPlaces {
  return async ({ provider, channelKey, accountKey }) => {
    if (channelKey !== undefined) {
      const channel = await channels.find(provider, channelKey);
      return channel === undefined ? undefined : [channel];
    }
    if (accountKey === undefined) return [];
    const rows = await db.run(findChannelsOfAccountAcrossBusinesses, { accountIds: [accountKey] });
    const first = new Map(rows.toReversed().map((row) => [row.business_id as BusinessId, row.channel_id as ChannelId]));
    return [...first].map(([businessId, channelId]) => ({ businessId, channelId, scope: accountKey }));
  };
}
