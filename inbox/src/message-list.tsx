// Owns: the scrolling thread: days, bubbles, and staying at the end while new messages come.
import { Children, Fragment, useLayoutEffect, useRef, type ReactNode } from "react";
import { formatDay } from "./format-time.ts";
import type { Message, Session, Turn } from "./inbox-client.ts";
import { memberKeysOf } from "./member-keys.ts";
import { MessageBubble } from "./message-bubble.tsx";
import { MoreButton } from "./more-button.tsx";
import { placeSessions } from "./place-sessions.ts";
import { placeTurns } from "./place-turns.ts";
import { plainWords } from "./plain-words.ts";
import { previewOf, shownContent } from "./shown-content.ts";
import { SessionNote } from "./session-note.tsx";
import { TurnNote } from "./turn-note.tsx";

interface MessageListProps {
  readonly messages: readonly Message[];
  /** The newest first. */
  readonly turns: readonly Turn[];
  /** The newest first. */
  readonly sessions: readonly Session[];
  readonly now: number;
  readonly hasEarlier: boolean;
  readonly isLoadingEarlier: boolean;
  readonly onEarlier: () => void;
  /** What may be done about a message. */
  readonly actionsFor: (message: Message) => ReactNode;
  /** What is shown at the end of the thread. */
  readonly children?: ReactNode;
}

const NEAR_THE_END_PX = 80;

export function MessageList({
  messages,
  turns,
  sessions,
  now,
  hasEarlier,
  isLoadingEarlier,
  onEarlier,
  actionsFor,
  children,
}: MessageListProps) {
  const turnsBelow = placeTurns(messages, turns);
  const sessionsBelow = placeSessions(messages, sessions);
  const { box, onScroll } = useStayAtEnd(messages, `${turns.length}/${sessionsBelow.size}/${Children.count(children)}`);
  const memberKeyOf = memberKeysOf(messages.map(({ participant }) => participant));
  /** In a group, the same member. */
  const isSameAuthor = (a: Message, b: Message): boolean =>
    a.author === b.author && memberKeyOf(a.participant) === memberKeyOf(b.participant);
  const byProviderId = new Map(messages.map((message) => [message.providerMessageId, message]));
  return (
    <div
      ref={box}
      onScroll={onScroll}
      role="log"
      aria-label="Messages"
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto px-4 py-4 -outline-offset-2 md:px-8"
    >
      {hasEarlier && (
        <MoreButton isLoading={isLoadingEarlier} onMore={onEarlier}>
          Show earlier messages
        </MoreButton>
      )}
      <ol className="mx-auto flex max-w-3xl flex-col gap-2">
        {messages.map((message, index) => {
          const day = formatDay(message.sentAt, now);
          const previous = messages[index - 1];
          const quoted = message.quotedProviderMessageId === null ? undefined : byProviderId.get(message.quotedProviderMessageId);
          return (
            <Fragment key={message.id}>
              {(previous === undefined || formatDay(previous.sentAt, now) !== day) && (
                <li className="my-2 self-center rounded-full bg-raised px-3 py-1 text-xs text-soft">{day}</li>
              )}
              <MessageBubble
                message={message}
                quote={quoted === undefined ? quoteOf(message) : previewOf(shownContent(quoted))}
                isFollowUp={previous !== undefined && isSameAuthor(previous, message) && formatDay(previous.sentAt, now) === day}
                actions={actionsFor(message)}
              />
              {turnsBelow.get(message.id)?.map((turn) => (
                <TurnNote key={turn.id} turn={turn} isOurs={message.direction === "out"} />
              ))}
              {sessionsBelow.get(message.id)?.map((session) => (
                <SessionNote key={session.id} session={session} />
              ))}
            </Fragment>
          );
        })}
      </ol>
      {children}
    </div>
  );
}

/** At the end as long as the reader is there; elsewhere nothing moves, also when earlier messages are put in above. */
function useStayAtEnd(messages: readonly Message[], rest: string) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const seen = useRef({ first: messages[0]?.id, height: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const first = messages[0]?.id;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (first !== seen.current.first) element.scrollTop += element.scrollHeight - seen.current.height;
    seen.current = { first, height: element.scrollHeight };
  }, [messages, rest]);
  const onScroll = (): void => {
    const element = box.current;
    if (element !== null) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END_PX;
  };
  return { box, onScroll };
}

/** Of a message that is not on the screen, or that nobody knows. */
function quoteOf({ quotedProviderMessageId, quotedText }: Message): string | undefined {
  if (quotedProviderMessageId === null) return undefined;
  return quotedText === null ? "Quotes an earlier message" : plainWords(quotedText);
}
