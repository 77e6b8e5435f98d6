// Owns: whose thread it is, the way back on a phone, and who answers: the AI or a person.
import { useMutation } from "@tanstack/react-query";
import { Avatar } from "./avatar.tsx";
import { BackLink } from "./back-link.tsx";
import { conversationName } from "./conversation-name.ts";
import { sentenceOf, type Conversation, type InboxClient } from "./inbox-client.ts";
import { HandoverNote, OwnerBanner } from "./owner-banner.tsx";
import { isPauseOfOwner, ownerLine } from "./owner-line.ts";
import { PaneHeading } from "./pane-heading.tsx";
import { PauseBanner } from "./pause-banner.tsx";

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
  const take = useMutation({ mutationFn: () => client.takeThread(id), onSettled: onChanged });
  const name = conversationName(conversation);
  const owner = ownerLine(conversation);
  const problem = change.error ?? take.error;
  return (
    <header className="border-b border-line bg-panel">
      <div className="flex h-16 items-center gap-3 px-4">
        <BackLink />
        <Avatar name={name} />
        <div className="min-w-0 flex-1">
          <PaneHeading name={name} />
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
      {owner !== undefined && <OwnerBanner line={owner} isChanging={take.isPending} onTake={() => take.mutate()} />}
      {aiPaused !== null && !(owner !== undefined && isPauseOfOwner(conversation)) && (
        <PauseBanner pause={aiPaused} now={now} isChanging={change.isPending} onResume={() => change.mutate()} />
      )}
      {problem !== null && (
        <p role="alert" className="bg-danger-bg px-4 py-2 text-sm text-danger">
          {sentenceOf(problem)}
        </p>
      )}
      <HandoverNote conversation={conversation} />
    </header>
  );
}

function detailOf(conversation: Conversation, name: string): string {
  const { phone, userId } = conversation;
  // A name that is the number shows its spaces.
  const isNumber = phone !== null && name.replaceAll(/\D/g, "") === phone;
  const address = phone === null ? userId : isNumber ? null : `+${phone}`;
  const who = whoAnswers(conversation);
  return address === null || address === name ? who : `${who} · ${address}`;
}

function whoAnswers({ aiPaused, threadOwner }: Conversation): string {
  if (threadOwner?.owner === "other") return "Another app answers";
  if (aiPaused === null) return "The AI answers";
  return aiPaused.reason === "standby" ? "Nobody answers" : "A person answers";
}
