// Owns: which business a webhook belongs to, by the provider's name for the channel. Hot: asked for every event, so answers are remembered.
import type { Database } from "../db/database.ts";
import type { BusinessId, ChannelId } from "../kernel/ids.ts";
import type { Gateway, Provider } from "../whatsapp/providers.ts";
import { createCachedLookup } from "../kernel/cached-lookup.ts";
import { createReadConsentWord, type ReadConsentWord } from "../settings/consent-settings.ts";
import { findChannelAcrossBusinesses, findGatewayProofAcrossBusinesses } from "./channel-directory.queries.ts";

export interface DirectoryChannel {
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  /** How long the reply lane waits for a customer who is still writing. */
  readonly quietMs: number;
  /** Within what a user id is unique: the account that the channel belongs to, or else the channel itself. */
  readonly scope: string;
  /** In which the days of the business begin. */
  readonly timeZone: string;
  /** What a customer's word about consent is, and what is said then; undefined: none, nothing. */
  readonly readConsentWord: ReadConsentWord;
}

export interface ChannelDirectory {
  /** Undefined when nobody connected this channel. A new channel is found after 2 s at most, a changed one after 10 s. */
  find(provider: Provider, channelKey: string): Promise<DirectoryChannel | undefined>;
  /** What proves a webhook of a gateway, by the token in its address; undefined when no channel has it. As fresh as `find`. */
  findGatewayProof(gateway: Gateway, token: string): Promise<GatewayProof | undefined>;
}

export interface GatewayProof {
  /** One, or two while one replaces the other. None: only an Evolution channel can work so (its token is then the proof). */
  readonly secrets: readonly string[];
  /** The instance or session that belongs to the channel; absent: any. */
  readonly instance?: string;
}

export interface ChannelDirectoryDeps {
  readonly database: Pick<Database, "acrossBusinesses">;
  readonly now?: () => number;
}

export function channelDirectoryKey(provider: Provider, channelKey: string): string {
  return `${provider}:${channelKey}`;
}

export function createChannelDirectory(deps: ChannelDirectoryDeps): ChannelDirectory {
  const lookup = createCachedLookup<DirectoryChannel>({
    maxEntries: 10_000,
    foundForMs: 10_000,
    missingForMs: 2_000,
    ...(deps.now === undefined ? {} : { now: deps.now }),
    async find(key) {
      const [row] = await deps.database.acrossBusinesses.run(findChannelAcrossBusinesses, { key });
      if (row === undefined) return undefined;
      const { quiet_ms: quietMs, scope, language, consent, time_zone: timeZone } = row;
      const readConsentWord = createReadConsentWord(consent, language);
      return {
        businessId: row.business_id as BusinessId,
        channelId: row.channel_id as ChannelId,
        quietMs,
        scope,
        timeZone,
        readConsentWord,
      };
    },
  });
  const proofs = createCachedLookup<GatewayProof>({
    maxEntries: 10_000,
    foundForMs: 10_000,
    missingForMs: 2_000,
    ...(deps.now === undefined ? {} : { now: deps.now }),
    async find(key) {
      const [row] = await deps.database.acrossBusinesses.run(findGatewayProofAcrossBusinesses, { key });
      if (row === undefined) return undefined;
      const secrets = [row.secret, row.previous_secret].filter((secret) => secret !== null);
      return row.instance === null ? { secrets } : { secrets, instance: row.instance };
    },
  });
  return {
    findGatewayProof: (gateway, token) => proofs.find(channelDirectoryKey(gateway, token)),
    find: (provider, channelKey) => lookup.find(channelDirectoryKey(provider, channelKey)),
  };
}
