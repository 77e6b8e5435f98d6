// Owns: saying above everything that a number is in trouble, in one line that opens. Nothing while all are well.
import { useId, useState } from "react";
import { listTroubles, type Trouble } from "./channel-troubles.ts";
import type { Channel } from "./inbox-client.ts";
import { NOTICES } from "./use-place.ts";

const MOST_NAMES = 3;
const TONES: Readonly<Record<Trouble["tone"], string>> = {
  danger: "bg-danger-bg text-danger",
  warning: "bg-warning-bg text-warning",
};

export function ChannelBanner({ channels }: { readonly channels: readonly Channel[] }) {
  const troubles = listTroubles(channels);
  const worst = troubles[0];
  return (
    <div role="status" aria-label="Channels" className="shrink-0">
      {worst !== undefined && <Troubles worst={worst} troubles={troubles} />}
    </div>
  );
}

function Troubles({ worst, troubles }: { readonly worst: Trouble; readonly troubles: readonly Trouble[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const list = useId();
  const more = troubles.length - 1;
  return (
    <>
      <div className={`flex items-center gap-3 border-b border-line px-4 text-sm ${TONES[worst.tone]}`}>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={list}
          onClick={() => setIsOpen(!isOpen)}
          className="flex min-w-0 flex-1 items-center gap-3 py-2 text-start -outline-offset-2"
        >
          {isOpen ? (
            <span className="min-w-0 flex-1 font-semibold">{countOf(troubles.length)}</span>
          ) : (
            // The sentence first: on a phone there is room for little else.
            <span className="min-w-0 flex-1 truncate">
              <bdi className="font-medium">{worst.what}</bdi> {worst.advice} <bdi>({namesOf(worst.names)})</bdi>
            </span>
          )}
          {!isOpen && more > 0 && <span className="shrink-0 rounded-full px-2 text-xs font-semibold ring-1 ring-current">+{more}</span>}
          <span className="shrink-0 font-medium underline">{isOpen ? "Close" : "Details"}</span>
        </button>
        {isOpen && (
          <a href={NOTICES} className="shrink-0 font-medium underline">
            All notices
          </a>
        )}
      </div>
      <ul id={list} hidden={!isOpen} className="max-h-[50dvh] overflow-y-auto">
        {isOpen && troubles.map((trouble) => <Line key={`${trouble.tone} ${trouble.what}`} trouble={trouble} />)}
      </ul>
    </>
  );
}

function Line({ trouble: { names, tone, what, advice } }: { readonly trouble: Trouble }) {
  return (
    <li className={`border-b border-line px-4 py-2 text-sm break-words ${TONES[tone]}`}>
      <bdi className="font-semibold">{namesOf(names)}</bdi>: <bdi>{what}</bdi>
      {advice !== undefined && ` ${advice}`}
    </li>
  );
}

const countOf = (count: number): string => (count === 1 ? "One problem" : `${String(count)} problems`);

function namesOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${String(more)} more` : names.join(", ");
}
