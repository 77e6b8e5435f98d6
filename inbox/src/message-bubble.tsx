// Owns: one message on the screen: who wrote it, what it says now, and what became of it.
import type { ReactNode } from "react";
import { captionOf } from "./caption-of.ts";
import { DeliveryMark } from "./delivery-mark.tsx";
import { describeDelivery } from "./describe-delivery.ts";
import { formatClock, formatFull } from "./format-time.ts";
import type { Message } from "./inbox-client.ts";
import { MarkedText } from "./marked-text.tsx";
import { MessageMedia } from "./message-media.tsx";
import { TranscriptOfVoice } from "./transcript-of-voice.tsx";
import { ReferralCard } from "./referral-card.tsx";
import { readReferral } from "./read-referral.ts";
import { shownContent, type ShownContent } from "./shown-content.ts";

interface MessageBubbleProps {
  readonly message: Message;
  readonly quote: string | undefined;
  /** The one above is by the same author. */
  readonly isFollowUp: boolean;
  /** What may be done about it. */
  readonly actions: ReactNode;
}

const AUTHORS: Readonly<Record<string, string>> = {
  customer: "Customer",
  ai: "AI",
  human: "Your team",
  api: "Sent by a program",
  system: "Automatic",
};

export function MessageBubble({ message, quote, isFollowUp, actions }: MessageBubbleProps) {
  const isOurs = message.direction === "out";
  const content = wordsBeside(message);
  const referral = readReferral(message.content);
  const delivery = describeDelivery(message);
  const author = memberOf(message) ?? authorOf(message);
  const isNamed = isOurs || message.participant !== null;
  return (
    <li className={`flex max-w-[85%] flex-col md:max-w-[75%] ${isOurs ? "items-end self-end" : "items-start self-start"}`}>
      <span
        dir="auto"
        className={isFollowUp || !isNamed ? "sr-only" : "mt-1 mb-0.5 max-w-full px-1 text-xs font-medium break-words text-soft"}
      >
        {author}
      </span>
      <div
        className={`max-w-full rounded-2xl px-3.5 py-2 ${isOurs ? "rounded-ee-md bg-ours" : "rounded-es-md border border-line bg-panel"}`}
      >
        {referral !== undefined && <ReferralCard referral={referral} />}
        {quote !== undefined && (
          <blockquote dir="auto" className="mb-1.5 line-clamp-2 break-words border-s-2 border-accent ps-2 text-sm text-soft">
            {quote}
          </blockquote>
        )}
        <MessageMedia message={message} />
        {content.text !== "" && (
          <div className="text-[0.9375rem] leading-snug break-words whitespace-pre-wrap">
            {content.isNote ? (
              <p dir="auto" className="text-soft italic">
                {content.text}
              </p>
            ) : (
              <MarkedText text={content.text} />
            )}
          </div>
        )}
        <TranscriptOfVoice message={message} />
        <p className="mt-1 flex items-center justify-end gap-1.5 text-xs text-soft">
          {content.isEdited && <span>edited</span>}
          <time dateTime={message.sentAt} title={formatFull(message.sentAt)}>
            {formatClock(message.sentAt)}
          </time>
          {delivery !== undefined && <DeliveryMark delivery={delivery} />}
        </p>
      </div>
      {message.reactions.length > 0 && <Reactions reactions={message.reactions} />}
      {delivery?.sentence !== undefined && (
        <p className={`mt-1 px-1 text-xs ${isOurs ? "text-end" : ""} ${delivery.mark === "cross" ? "text-danger" : "text-warning"}`}>
          {delivery.sentence}
        </p>
      )}
      {message.possibleDuplicateOf !== null && (
        <p className="mt-1 px-1 text-end text-xs text-warning">
          Sent again because nobody knew whether the message before arrived: the customer may have both.
        </p>
      )}
      {actions}
    </li>
  );
}

/** What another app on the same number wrote comes as a copy. */
function authorOf({ author, direction, content }: Message): string {
  if (direction === "out" && content["standby"] !== undefined) return "Another app";
  return AUTHORS[author] ?? author;
}

/** Beside a file, only what a person wrote: the rest is to be seen. */
function wordsBeside(message: Message): ShownContent {
  const content = shownContent(message);
  if (message.media === null || message.revokedAt !== null || content.isEdited) return content;
  return { ...content, text: captionOf(message) ?? "", isNote: false };
}

/** Of a group: who of its members wrote it. */
function memberOf({ participant }: Pick<Message, "participant">): string | undefined {
  if (participant === null) return undefined;
  return participant.name ?? (participant.phone === undefined ? "Somebody in the group" : `+${participant.phone}`);
}

function Reactions({ reactions }: Pick<Message, "reactions">) {
  return (
    <ul aria-label="Reactions" className="z-10 -mt-1.5 flex gap-1 px-2">
      {reactions.map(({ emoji, direction, participant }) => (
        <li
          key={`${direction} ${Object.values(participant ?? {}).join(" ")}`}
          className="rounded-full border border-line bg-panel px-1.5 text-sm leading-6"
        >
          {emoji}
          <span className="sr-only"> by {participant?.name ?? (direction === "in" ? "the customer" : "your team")}</span>
        </li>
      ))}
    </ul>
  );
}
