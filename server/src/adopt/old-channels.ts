// Owns: which of our channels an old message belongs to: one that is connected and was named, else a stopped one that only holds history.
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { GATEWAYS } from "../whatsapp/providers.ts";
import { adoptedId } from "./adopted-id.ts";
import { insertPlaceholderChannel } from "./adoption-records.queries.ts";

export interface OldChannel {
  /** The old system's own word. */
  readonly provider: string | null;
  readonly channelKey: string | null;
}

export type ChannelOf = (channel: OldChannel) => string;

const DEFAULT_WORD = "cloud";

/** `word` or `word:key`: what `--channel` names. */
export function channelNameOf({ provider, channelKey }: OldChannel): string {
  const word = provider?.trim().toLowerCase() ?? "";
  const key = channelKey?.trim() ?? "";
  return `${word === "" ? DEFAULT_WORD : word}${key === "" ? "" : `:${key}`}`;
}

export interface OldChannels {
  readonly channelOf: ChannelOf;
  /** Creates the placeholders that were asked for and do not exist yet. Call before their messages are stored. */
  ensure(): Promise<void>;
}

export interface OldChannelsDeps {
  readonly database: Database;
  readonly businessId: BusinessId;
  readonly source: string;
  readonly oldBusinessId: string;
  /** By channelNameOf; a name without a key means every key. */
  readonly connected: ReadonlyMap<string, string>;
}

export function createOldChannels({ database, businessId, source, oldBusinessId, connected }: OldChannelsDeps): OldChannels {
  const ids = new Map<string, string>();
  const missing = new Map<string, string>();
  return {
    channelOf(channel) {
      const name = channelNameOf(channel);
      const known = ids.get(name);
      if (known !== undefined) return known;
      const given = connected.get(name) ?? connected.get(name.split(":")[0] ?? name);
      const id = given ?? adoptedId(source, "channel", `${oldBusinessId}\0${name}`);
      ids.set(name, id);
      if (given === undefined) missing.set(name, id);
      return id;
    },
    async ensure() {
      for (const [name, id] of missing) {
        const provider = GATEWAYS.find((word) => name.startsWith(word)) ?? "cloud";
        const externalId = `adopted:${source}:${oldBusinessId}:${name}`;
        await database.forBusiness(businessId).execute(insertPlaceholderChannel, { id, provider, externalId, name: `Adopted: ${name}` });
        missing.delete(name);
      }
    },
  };
}
