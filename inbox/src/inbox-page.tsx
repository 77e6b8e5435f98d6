// Owns: the two panes: side by side where there is room, one at a time on a phone.
import { useState } from "react";
import { ChannelBanner } from "./channel-banner.tsx";
import { ConversationList } from "./conversation-list.tsx";
import type { InboxClient } from "./inbox-client.ts";
import { NoticesPage } from "./notices-page.tsx";
import { Thread } from "./thread.tsx";
import { useAttachments } from "./use-attachments.ts";
import { useChannels } from "./use-channels.ts";
import { useNow } from "./use-now.ts";
import { usePlace } from "./use-place.ts";

interface InboxPageProps {
  readonly client: InboxClient;
  readonly onSignOut: () => void;
}

export function InboxPage({ client, onSignOut }: InboxPageProps) {
  const place = usePlace();
  const now = useNow();
  const channels = useChannels(client);
  // What was begun in one thread is still there after a look at another.
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const attachmentsOf = useAttachments(client);
  const isListAlone = place.kind === "nothing";
  return (
    <div className="flex h-full flex-col">
      <ChannelBanner channels={channels} />
      <div className="flex min-h-0 flex-1">
        <div
          className={`min-h-0 w-full shrink-0 flex-col border-line bg-panel md:flex md:w-80 md:border-e lg:w-96 ${isListAlone ? "flex" : "hidden"}`}
        >
          <ConversationList client={client} place={place} now={now} onSignOut={onSignOut} />
        </div>
        <main className={`min-w-0 flex-1 flex-col md:flex ${isListAlone ? "hidden" : "flex"}`}>
          {place.kind === "nothing" && <p className="m-auto p-6 text-sm text-soft">Choose a conversation.</p>}
          {place.kind === "notices" && <NoticesPage client={client} channels={channels} now={now} />}
          {place.kind === "conversation" && (
            <Thread
              key={place.conversationId}
              client={client}
              conversationId={place.conversationId}
              now={now}
              draft={drafts[place.conversationId] ?? ""}
              onDraft={(text) => setDrafts((all) => ({ ...all, [place.conversationId]: text }))}
              attachments={attachmentsOf(place.conversationId)}
            />
          )}
        </main>
      </div>
    </div>
  );
}
