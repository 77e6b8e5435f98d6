// Owns: saying that a person answers instead of the AI: why, until when, and the way back.
import { formatMoment } from "./format-time.ts";
import type { Conversation } from "./inbox-client.ts";
import { wordsFor } from "./turn-reasons.ts";

interface PauseBannerProps {
  readonly pause: NonNullable<Conversation["aiPaused"]>;
  readonly now: number;
  readonly isChanging: boolean;
  readonly onResume: () => void;
}

export function PauseBanner({ pause, now, isChanging, onResume }: PauseBannerProps) {
  const since = `Since ${formatMoment(pause.at, now)}`;
  const until = pause.until === null ? "until you resume it" : `until ${formatMoment(pause.until, now)}`;
  return (
    <div role="status" aria-label="AI paused" className="flex items-center gap-3 bg-warning-bg px-4 py-2 text-sm text-warning">
      <p className="min-w-0 flex-1">
        <span className="font-semibold">AI paused</span>: <bdi>{wordsFor(pause.reason)}</bdi>.{" "}
        <span className="opacity-90">
          {since}, {until}.
        </span>
      </p>
      <button
        type="button"
        disabled={isChanging}
        onClick={onResume}
        className="shrink-0 rounded-lg border border-current px-3 py-1 font-medium hover:bg-panel disabled:opacity-60"
      >
        Resume AI
      </button>
    </div>
  );
}
