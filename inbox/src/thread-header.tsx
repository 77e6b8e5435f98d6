// Owns: whose thread it is, the way back on a phone, and who answers: the AI or a person.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Avatar } from "./avatar.tsx";
import { Badge } from "./badge.tsx";
import { conversationName } from "./conversation-name.ts";
import { formatFull } from "./format-time.ts";
import { sentenceOf, type Conversation, type InboxClient } from "./inbox-client.ts";
import { NOTHING_SELECTED } from "./use-selection.ts";

interface ThreadHeaderProps {
  readonly client: InboxClient;
  readonly conversation: Conversation;
  readonly onChanged: () => void;
}

export function ThreadHeader({ client, conversation, onChanged }: ThreadHeaderProps) {
  const { id, aiPaused } = conversation;
  const change = useMutation({
    mutationFn: () => (aiPaused === null ? client.pauseAi(id) : client.resumeAi(id)),
    onSettled: onChanged,
  });
  const name = conversationName(conversation);
  return (
    <header className="border-b border-line bg-panel">
      <div className="flex h-16 items-center gap-3 px-4">
        <BackLink />
        <Avatar name={name} />
        <div className="min-w-0 flex-1">
          <Name name={name} />
          <p className="truncate text-sm text-soft">{detailOf(conversation, name)}</p>
        </div>
        {aiPaused !== null && (
          <span title={`Since ${formatFull(aiPaused.at)}`} className="hidden sm:block">
            <Badge tone="warning">AI paused</Badge>
          </span>
        )}
        <button
          type="button"
          disabled={change.isPending}
          onClick={() => change.mutate()}
          className="shrink-0 rounded-lg border border-line px-3 py-1.5 text-sm font-medium hover:bg-raised disabled:opacity-60"
        >
          {aiPaused === null ? "Pause AI" : "Resume AI"}
        </button>
      </div>
      {change.isError && (
        <p role="alert" className="bg-danger-bg px-4 py-2 text-sm text-danger">
          {sentenceOf(change.error)}
        </p>
      )}
    </header>
  );
}

function BackLink() {
  return (
    <a
      href={NOTHING_SELECTED}
      aria-label="Back to the list"
      className="-ml-2 grid size-10 place-items-center rounded-full hover:bg-raised md:hidden"
    >
      <svg
        viewBox="0 0 24 24"
        className="size-6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d="M15 5l-7 7 7 7" />
      </svg>
    </a>
  );
}

function Name({ name }: { readonly name: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On a phone the list with the link that was followed is gone: the focus must not be lost with it.
    if (document.activeElement === document.body || document.activeElement?.checkVisibility() === false) heading.current?.focus();
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} className="truncate font-semibold outline-none">
      {name}
    </h2>
  );
}

function detailOf({ phone, userId, aiPaused }: Conversation, name: string): string {
  // A name that is the number shows its spaces.
  const isNumber = phone !== null && name.replaceAll(/\D/g, "") === phone;
  const address = phone === null ? userId : isNumber ? null : `+${phone}`;
  const who = aiPaused === null ? "The AI answers" : `A person answers (${REASONS[aiPaused.reason] ?? aiPaused.reason})`;
  return address === null || address === name ? who : `${who} · ${address}`;
}

const REASONS: Readonly<Record<string, string>> = {
  inbox: "paused in the inbox",
  api: "paused by a program",
  handoff: "the AI asked for help",
  nothing_found: "the AI found no answer",
  nothing_readable: "the AI could not read the message",
  responder_failed: "the AI failed",
  phone_app: "somebody answered in the WhatsApp app",
};
