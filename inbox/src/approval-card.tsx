// Owns: a call of a tool that waits for a person: what the AI wants to do, and the two answers.
import { useMutation } from "@tanstack/react-query";
import { useId } from "react";
import { formatFull, formatMoment } from "./format-time.ts";
import { sentenceOf, type InboxClient, type ToolCall } from "./inbox-client.ts";

interface ApprovalCardProps {
  readonly client: InboxClient;
  readonly call: ToolCall;
  readonly now: number;
  readonly onDecided: () => void;
}

export function ApprovalCard({ client, call, now, onDecided }: ApprovalCardProps) {
  const id = useId();
  const decision = useMutation({
    mutationFn: (isApproved: boolean) => (isApproved ? client.approveToolCall(call.id) : client.denyToolCall(call.id)),
    onSettled: onDecided,
  });
  const entries = Object.entries(call.arguments);
  const isOver = decision.isPending || decision.isSuccess;
  return (
    <section aria-labelledby={id} className="mx-auto mt-3 w-full max-w-3xl rounded-2xl border border-warning bg-panel p-4">
      <div className="flex items-baseline justify-between gap-3">
        <h3 id={id} className="text-sm font-semibold">
          The AI asks: may it use <code className="inline-block max-w-full font-mono break-words">{call.tool}</code>?
        </h3>
        <time dateTime={call.createdAt} title={formatFull(call.createdAt)} className="shrink-0 text-xs text-soft">
          {formatMoment(call.createdAt, now)}
        </time>
      </div>
      <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
        {entries.map(([name, value]) => (
          <div key={name} className="contents">
            <dt dir="auto" className="text-soft">
              {name}
            </dt>
            <dd dir="auto" className="text-start font-mono text-[0.8125rem] leading-5 break-words whitespace-pre-wrap">
              {typeof value === "string" ? value : JSON.stringify(value)}
            </dd>
          </div>
        ))}
      </dl>
      {entries.length === 0 && <p className="text-sm text-soft">It has no arguments.</p>}
      <div className="mt-3 flex flex-wrap gap-2">
        <button
          type="button"
          disabled={isOver}
          onClick={() => decision.mutate(true)}
          className="rounded-lg bg-accent px-4 py-2 text-sm font-semibold text-on-accent disabled:opacity-60"
        >
          Approve
        </button>
        <button
          type="button"
          disabled={isOver}
          onClick={() => decision.mutate(false)}
          className="rounded-lg border border-line px-4 py-2 text-sm font-medium hover:bg-raised disabled:opacity-60"
        >
          Deny
        </button>
      </div>
      {decision.isError && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {sentenceOf(decision.error)}
        </p>
      )}
    </section>
  );
}
