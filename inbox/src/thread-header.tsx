// Owns: whose thread it is, the way back on a phone, and who answers: the AI or a person.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Avatar } from "./avatar.tsx";
import { conversationName } from "./conversation-name.ts";
import { sentenceOf, type Conversation, type InboxClient } from "./inbox-client.ts";
import { PauseBanner } from "./pause-banner.tsx";
import { NOTHING_SELECTED } from "./use-selection.ts";

interface ThreadHeaderProps {
  readonly client: InboxClient;
  readonly conversation: Conversation;
  readonly now: number;
  readonly onChanged: () => void;
}

export function ThreadHeader({ client, conversation, now, onChanged }: ThreadHeaderProps) {
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
        {aiPaused === null && (
          <button
            type="button"
            disabled={change.isPending}
            onClick={() => change.mutate()}
            className="shrink-0 rounded-lg border border-line px-3 py-1.5 text-sm font-medium hover:bg-raised disabled:opacity-60"
          >
            Pause AI
          </button>
        )}
      </div>
      {aiPaused !== null && <PauseBanner pause={aiPaused} now={now} isChanging={change.isPending} onResume={() => change.mutate()} />}
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
      className="-ms-2 grid size-10 place-items-center rounded-full hover:bg-raised md:hidden"
    >
      <svg
        viewBox="0 0 24 24"
        className="size-6 rtl:-scale-x-100"
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
    <h2 ref={heading} tabIndex={-1} dir="auto" className="truncate font-semibold outline-none">
      {name}
    </h2>
  );
}

function detailOf({ phone, userId, aiPaused }: Conversation, name: string): string {
  // A name that is the number shows its spaces.
  const isNumber = phone !== null && name.replaceAll(/\D/g, "") === phone;
  const address = phone === null ? userId : isNumber ? null : `+${phone}`;
  const who = aiPaused === null ? "The AI answers" : "A person answers";
  return address === null || address === name ? who : `${who} · ${address}`;
}
