// Owns: the two panes: side by side where there is room, one at a time on a phone.
import { useState } from "react";
import { ConversationList } from "./conversation-list.tsx";
import type { InboxClient } from "./inbox-client.ts";
import { Thread } from "./thread.tsx";
import { useNow } from "./use-now.ts";
import { useSelection } from "./use-selection.ts";

interface InboxPageProps {
  readonly client: InboxClient;
  readonly onSignOut: () => void;
}

export function InboxPage({ client, onSignOut }: InboxPageProps) {
  const selected = useSelection();
  const now = useNow();
  // What was begun in one thread is still there after a look at another.
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  return (
    <div className="flex h-full">
      <div
        className={`min-h-0 w-full shrink-0 flex-col border-line bg-panel md:flex md:w-80 md:border-e lg:w-96 ${selected === undefined ? "flex" : "hidden"}`}
      >
        <ConversationList client={client} selected={selected} now={now} onSignOut={onSignOut} />
      </div>
      <main className={`min-w-0 flex-1 flex-col md:flex ${selected === undefined ? "hidden" : "flex"}`}>
        {selected === undefined ? (
          <p className="m-auto p-6 text-sm text-soft">Choose a conversation.</p>
        ) : (
          <Thread
            key={selected}
            client={client}
            conversationId={selected}
            now={now}
            draft={drafts[selected] ?? ""}
            onDraft={(text) => setDrafts((all) => ({ ...all, [selected]: text }))}
          />
        )}
      </main>
    </div>
  );
}
