// Owns: the list of conversations, the most recent first.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Avatar } from "./avatar.tsx";
import { Badge } from "./badge.tsx";
import { conversationName } from "./conversation-name.ts";
import { formatFull, formatRecent } from "./format-time.ts";
import { sentenceOf, type Conversation, type InboxClient } from "./inbox-client.ts";
import { MoreButton } from "./more-button.tsx";
import { previewOf, wordsOf } from "./shown-content.ts";
import { wordsFor } from "./turn-reasons.ts";
import { addressOf, NOTICES, type Place } from "./use-place.ts";
import { isWindowClosed } from "./write-block.ts";

interface ConversationListProps {
  readonly client: InboxClient;
  readonly place: Place;
  readonly now: number;
  readonly onSignOut: () => void;
}

export function ConversationList({ client, place, now, onSignOut }: ConversationListProps) {
  const query = useInfiniteQuery({
    queryKey: ["conversations"],
    queryFn: ({ pageParam }) => client.listConversations(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const selected = place.kind === "conversation" ? place.conversationId : undefined;
  const conversations = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <header className="flex h-16 shrink-0 items-center gap-3 border-b border-line px-4">
        <img src="icon.svg" alt="" className="size-7" />
        <h1 className="flex-1 font-semibold">Inbox</h1>
        <a
          href={NOTICES}
          aria-current={place.kind === "notices" ? "page" : undefined}
          className="rounded-md px-2 py-1 text-sm text-soft hover:bg-raised hover:text-ink aria-[current]:bg-raised aria-[current]:text-ink"
        >
          Notices
        </a>
        <button type="button" onClick={onSignOut} className="rounded-md px-2 py-1 text-sm text-soft hover:bg-raised hover:text-ink">
          Sign out
        </button>
      </header>
      {query.isError && (
        <p role="status" className="bg-warning-bg px-4 py-2 text-sm text-warning">
          {sentenceOf(query.error)}
        </p>
      )}
      <nav aria-label="Conversations" className="min-h-0 flex-1 overflow-y-auto">
        <ul>
          {conversations.map((conversation) => (
            <Row key={conversation.id} conversation={conversation} isSelected={conversation.id === selected} now={now} />
          ))}
        </ul>
        {query.isPending && <p className="p-6 text-center text-sm text-soft">Loading…</p>}
        {query.isSuccess && conversations.length === 0 && (
          <p className="p-6 text-center text-sm text-soft">
            Nobody has written yet. A customer’s first message appears here automatically.
          </p>
        )}
        {query.hasNextPage && (
          <MoreButton isLoading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()}>
            Show older conversations
          </MoreButton>
        )}
      </nav>
    </>
  );
}

interface RowProps {
  readonly conversation: Conversation;
  readonly isSelected: boolean;
  readonly now: number;
}

function Row({ conversation, isSelected, now }: RowProps) {
  const name = conversationName(conversation);
  const { lastMessage, lastMessageAt } = conversation;
  return (
    <li>
      <a
        href={addressOf(conversation.id)}
        aria-current={isSelected ? "page" : undefined}
        className="flex gap-3 border-b border-line px-4 py-3 -outline-offset-2 hover:bg-raised aria-[current]:bg-raised"
      >
        <Avatar name={name} />
        <div className="min-w-0 flex-1">
          <div className="flex items-baseline gap-2">
            <span dir="auto" className="min-w-0 flex-1 truncate text-start font-medium">
              {name}
            </span>
            <time dateTime={lastMessageAt} title={formatFull(lastMessageAt)} className="shrink-0 text-xs text-soft">
              {formatRecent(lastMessageAt, now)}
            </time>
          </div>
          <p className="mt-0.5 flex gap-1 text-sm text-soft">
            {lastMessage?.direction === "out" && <span className="shrink-0">Answer: </span>}
            <span dir="auto" className="min-w-0 flex-1 truncate text-start">
              {lastMessage === null ? "No message yet" : previewOf(wordsOf(lastMessage))}
            </span>
          </p>
          <Badges conversation={conversation} now={now} />
        </div>
      </a>
    </li>
  );
}

function Badges({ conversation, now }: Pick<RowProps, "conversation" | "now">) {
  const { aiPaused, lastTurn, optedOutAt, marketingStoppedAt } = conversation;
  return (
    <p className="mt-1.5 flex flex-wrap items-center gap-1.5 empty:hidden">
      {lastTurn?.state === "failed" && <Badge tone="danger">AI failed</Badge>}
      {aiPaused !== null && (
        <span title={wordsFor(aiPaused.reason)}>
          <Badge tone="warning">AI paused</Badge>
        </span>
      )}
      {isWindowClosed(conversation, now) && <Badge tone="quiet">Window closed</Badge>}
      {optedOutAt !== null && <Badge tone="danger">Opted out</Badge>}
      {optedOutAt === null && marketingStoppedAt !== null && <Badge tone="danger">No marketing</Badge>}
    </p>
  );
}
