// Owns: the quiet line below a burst that says how its turn ended, with the details on demand.
import { Chevron } from "./chevron.tsx";
import { describeTurn, detailsOf, type TurnLine } from "./describe-turn.ts";
import { formatFull } from "./format-time.ts";
import type { Turn } from "./inbox-client.ts";

const TONES: Readonly<Record<TurnLine["tone"], string>> = { quiet: "text-soft", warning: "text-warning", danger: "text-danger" };

export function TurnNote({ turn, isOurs }: { readonly turn: Turn; readonly isOurs: boolean }) {
  const line = describeTurn(turn);
  const details = detailsOf(turn);
  return (
    <li data-turn={turn.state} className={`flex max-w-[85%] md:max-w-[75%] ${isOurs ? "self-end" : "self-start"}`}>
      <details className="group px-1 text-xs">
        <summary
          title={formatFull(turn.finishedAt)}
          className={`flex cursor-pointer list-none items-center gap-1 py-0.5 ${isOurs ? "justify-end text-end" : ""} ${TONES[line.tone]}`}
        >
          <span>{line.text}</span>
          <Chevron />
        </summary>
        <dl className="mt-1 mb-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 rounded-lg border border-line bg-panel px-3 py-2">
          {[...details, { name: "Ended", value: formatFull(turn.finishedAt) }].map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd dir="auto" className="text-start break-words">
                {value}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}
