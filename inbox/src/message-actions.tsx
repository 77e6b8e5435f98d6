// Owns: what a person may do about a message of ours that has not simply gone out, or about a file that did not come in. Refuses to know: whether it is still so; the server has the last word.
import { useMutation } from "@tanstack/react-query";
import { sentenceOf, type InboxClient, type Message } from "./inbox-client.ts";

interface MessageActionsProps {
  readonly client: InboxClient;
  readonly message: Message;
  readonly onDone: () => void;
}

type Action = "cancel" | "arrived" | "fetch" | "resend" | "retry";
const WORDS: Readonly<Record<Action, string>> = {
  cancel: "Do not send",
  arrived: "It arrived",
  fetch: "Fetch the file again",
  resend: "It did not: send again",
  retry: "Send again",
};

/** Of a message that waits only while something is wrong: the others leave in a moment. A file that was refused would be refused again. */
function actionsOf({ direction, status, author, error, media, revokedAt }: Message): readonly Action[] {
  if (direction === "in") return media?.state === "failed" && revokedAt === null ? ["fetch"] : [];
  if (author === "system") return [];
  if (status === "queued") return error === null ? [] : ["cancel"];
  if (status === "unknown") return ["arrived", "resend"];
  return status === "failed" || status === "cancelled" ? ["retry"] : [];
}

export function MessageActions({ client, message, onDone }: MessageActionsProps) {
  const act = useMutation({
    mutationFn: async (action: Action): Promise<void> => {
      if (action === "cancel") await client.cancelMessage(message.id);
      else if (action === "retry") await client.retryMessage(message.id);
      else if (action === "fetch") await client.retryMedia(message.id);
      else await client.settleMessage(message.id, action === "arrived" ? { as: "accepted" } : { as: "failed", resend: true });
    },
    onSettled: onDone,
  });
  const actions = actionsOf(message);
  if (actions.length === 0) return null;
  if (act.isSuccess && act.variables === "retry") return <p className="mt-1 px-1 text-xs text-soft">Sent again, below.</p>;
  return (
    <div className={`mt-1 flex flex-wrap gap-2 px-1 ${message.direction === "in" ? "" : "justify-end"}`}>
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          disabled={act.isPending}
          onClick={() => {
            act.mutate(action);
          }}
          className="rounded-lg border border-line px-3 py-1.5 text-xs font-medium hover:bg-raised disabled:opacity-60"
        >
          {WORDS[action]}
        </button>
      ))}
      {act.isError && (
        <p role="alert" className="w-full text-end text-xs text-danger">
          {sentenceOf(act.error)}
        </p>
      )}
    </div>
  );
}
