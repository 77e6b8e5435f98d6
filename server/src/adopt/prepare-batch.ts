// Owns: from a part of the older database's rows to a batch: whose each row is, and what message of ours it becomes. Writes nothing.
import type { MessageId } from "../kernel/ids.ts";
import { adoptedId } from "./adopted-id.ts";
import type { ChannelOf } from "./old-channels.ts";
import type { Candidate } from "./known-messages.ts";
import { adoptMessage } from "./old-message.ts";
import type { OldMessage } from "./old-rows.ts";
import { placeMessage, type Register, type UnplaceableReason } from "./place-message.ts";
import type { Cursor } from "./source.ts";

export interface PreparedBatch {
  readonly candidates: readonly Candidate[];
  readonly unplaceable: readonly { readonly oldId: string; readonly reason: UnplaceableReason }[];
  readonly cursor: Cursor | undefined;
}

export interface PrepareDeps {
  readonly source: string;
  readonly register: Register;
  readonly channelOf: ChannelOf;
}

export function createPrepareBatch({ source, register, channelOf }: PrepareDeps): (rows: readonly OldMessage[]) => PreparedBatch {
  return (rows) => {
    const candidates: Candidate[] = [];
    const unplaceable: { readonly oldId: string; readonly reason: UnplaceableReason }[] = [];
    for (const row of rows) {
      const placement = placeMessage(row, register);
      if (placement.outcome === "unplaceable") {
        unplaceable.push({ oldId: row.id, reason: placement.reason });
        continue;
      }
      const { person, by, direction } = placement;
      const message = adoptMessage(row, direction, `adopted:${source}:${row.id}`);
      if (message === undefined) {
        unplaceable.push({ oldId: row.id, reason: "no_message" });
        continue;
      }
      const conversation = person.conversations.find(({ id }) => id === row.conversationId) ?? person.conversations[0];
      candidates.push({
        oldId: row.id,
        id: adoptedId(source, "message", row.id) as MessageId,
        person,
        by,
        channelId: channelOf({
          provider: row.provider ?? conversation?.provider ?? null,
          channelKey: row.channelKey ?? conversation?.channelKey ?? null,
        }),
        sentAt: row.createdAt ?? "",
        message,
      });
    }
    const last = rows.at(-1);
    return { candidates, unplaceable, cursor: last === undefined ? undefined : { at: last.sortAt, id: last.id } };
  };
}
