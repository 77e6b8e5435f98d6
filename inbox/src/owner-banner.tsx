// Owns: saying whose the chat is when it is not ours, and the way to have it; and what the app before us said of it.
import { Chevron } from "./chevron.tsx";
import type { Conversation } from "./inbox-client.ts";
import { handedOverWith, type OwnerLine } from "./owner-line.ts";

interface OwnerBannerProps {
  readonly line: OwnerLine;
  readonly isChanging: boolean;
  readonly onTake: () => void;
}

export function OwnerBanner({ line: { what, advice, canTake }, isChanging, onTake }: OwnerBannerProps) {
  return (
    <div role="status" aria-label="Whose chat this is" className="flex items-center gap-3 bg-warning-bg px-4 py-2 text-sm text-warning">
      <p className="min-w-0 flex-1">
        <span className="font-semibold">{what}</span>. <span className="opacity-90">{advice}</span>
      </p>
      {canTake && (
        <button
          type="button"
          disabled={isChanging}
          onClick={onTake}
          className="shrink-0 rounded-lg border border-current px-3 py-1 font-medium hover:bg-panel disabled:opacity-60"
        >
          Take over
        </button>
      )}
    </div>
  );
}

export function HandoverNote({ conversation }: { readonly conversation: Conversation }) {
  const [first, ...more] = conversation.threadOwner?.owner === "us" ? handedOverWith(conversation) : [];
  if (first === undefined) return null;
  return (
    <details className="group border-t border-line px-4 py-2 text-sm">
      <summary className="flex cursor-pointer list-none items-center gap-2 text-soft">
        <span className="shrink-0 font-medium">From the app before</span>
        <span className="min-w-0 flex-1 truncate">
          <bdi className="group-open:hidden">{first}</bdi>
        </span>
        <Chevron />
      </summary>
      {[first, ...more].map((part) => (
        <p key={part} dir="auto" className="mt-1 max-h-40 overflow-y-auto break-words whitespace-pre-line">
          {part}
        </p>
      ))}
    </details>
  );
}
