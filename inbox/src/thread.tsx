// Owns: one conversation on the screen: who it is, what was said, and the place to answer.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApprovalCard } from "./approval-card.tsx";
import { Composer } from "./composer.tsx";
import { DropArea } from "./drop-area.tsx";
import { sentenceOf, type Conversation, type InboxClient, type Message, type Session, type ToolCall } from "./inbox-client.ts";
import { MessageActions } from "./message-actions.tsx";
import { MessageList } from "./message-list.tsx";
import { ScheduledMessages } from "./scheduled-messages.tsx";
import { ThreadHeader } from "./thread-header.tsx";
import type { Attachments } from "./use-attachments.ts";
import { NOTHING_SELECTED } from "./use-place.ts";
import { writeBlock } from "./write-block.ts";

const ELSEWHERE = "WhatsApp refuses what is written here, templates excepted, unless people are handed over to this app.";

/** A session ends minutes after its last message. */
const SESSIONS_POLL_MS = 30_000;

interface ThreadProps {
  readonly client: InboxClient;
  readonly conversationId: string;
  readonly now: number;
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly attachments: Attachments;
}

export function Thread({ client, conversationId, now, draft, onDraft, attachments }: ThreadProps) {
  const queryClient = useQueryClient();
  const conversation = useQuery<Conversation>({
    queryKey: ["conversation", conversationId],
    queryFn: () => client.getConversation(conversationId),
  });
  const messages = useInfiniteQuery({
    queryKey: ["messages", conversationId],
    queryFn: ({ pageParam }) => client.listMessages(conversationId, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const turns = useInfiniteQuery({
    queryKey: ["turns", conversationId],
    queryFn: ({ pageParam }) => client.listTurns(conversationId, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const waiting = useQuery<readonly ToolCall[]>({
    queryKey: ["tool-calls", conversationId],
    queryFn: () => client.listWaitingToolCalls(conversationId),
  });
  const sessions = useQuery<readonly Session[]>({
    queryKey: ["sessions", conversationId],
    queryFn: () => client.listSessions(conversationId),
    refetchInterval: SESSIONS_POLL_MS,
  });
  const scheduled = useQuery<readonly Message[]>({
    queryKey: ["scheduled", conversationId],
    queryFn: () => client.listScheduled(conversationId),
  });
  const changed = (): void => void queryClient.invalidateQueries();

  if (conversation.data === undefined) {
    return (
      <div className="m-auto p-6 text-center text-sm text-soft">
        <p role="status">{conversation.isError ? sentenceOf(conversation.error) : "Loading…"}</p>
        <a href={NOTHING_SELECTED} className="mt-3 inline-block font-medium text-accent">
          Back to the list
        </a>
      </div>
    );
  }
  const block = writeBlock(conversation.data, now);
  const problem = conversation.error ?? messages.error ?? turns.error ?? waiting.error ?? scheduled.error ?? sessions.error;
  return (
    <DropArea onFiles={block === undefined ? attachments.add : undefined}>
      <ThreadHeader client={client} conversation={conversation.data} now={now} onChanged={changed} />
      {problem !== null && (
        <p role="status" className="bg-warning-bg px-4 py-2 text-sm text-warning">
          {sentenceOf(problem)}
        </p>
      )}
      <MessageList
        messages={inOrder(messages.data?.pages.map(({ data }) => data) ?? [])}
        turns={turns.data?.pages.flatMap(({ data }) => data) ?? []}
        sessions={sessions.data ?? []}
        now={now}
        hasEarlier={messages.hasNextPage}
        isLoadingEarlier={messages.isFetchingNextPage}
        onEarlier={() => {
          void messages.fetchNextPage();
          if (turns.hasNextPage) void turns.fetchNextPage();
        }}
        actionsFor={(message) => <MessageActions client={client} message={message} onDone={changed} />}
      >
        {waiting.data?.map((call) => (
          <ApprovalCard key={call.id} client={client} call={call} now={now} onDecided={changed} />
        ))}
        <ScheduledMessages client={client} messages={scheduled.data ?? []} now={now} onChanged={changed} />
      </MessageList>
      <Composer
        block={block}
        hint={conversation.data.threadOwner?.owner === "other" ? ELSEWHERE : undefined}
        draft={draft}
        onDraft={onDraft}
        attachments={attachments}
        send={(message) => client.send({ conversationId, ...message })}
        onSent={changed}
      />
    </DropArea>
  );
}

/** The oldest first. Pages that were read at different moments may overlap: each message is shown once. */
function inOrder(pages: readonly (readonly Message[])[]): readonly Message[] {
  return [...new Map(pages.flat().map((message) => [message.id, message])).values()].reverse();
}
