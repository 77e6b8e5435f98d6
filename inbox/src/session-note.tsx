// Owns: the line at the end of a session that says what it was about, with its summary on demand.
import { Chevron } from "./chevron.tsx";
import { formatFull } from "./format-time.ts";
import type { Session } from "./inbox-client.ts";

export function SessionNote({ session: { summary, closed } }: { readonly session: Session }) {
  if (summary === null) return null;
  const { topic, text, outcome, openPoints } = summary;
  return (
    <li data-session className="my-2 w-full max-w-[85%] self-center md:max-w-[75%]">
      <details className="group rounded-lg border border-line bg-panel px-3 py-2 text-xs">
        <summary className="flex cursor-pointer list-none items-center gap-2 text-soft">
          <span className="shrink-0 font-medium">Summary</span>
          <bdi className="min-w-0 flex-1 truncate">{topic ?? text}</bdi>
          <Chevron />
        </summary>
        <p dir="auto" className="mt-2 break-words whitespace-pre-line">
          {text}
        </p>
        {outcome !== null && (
          <p className="mt-2">
            <span className="text-soft">Outcome: </span>
            <bdi>{outcome}</bdi>
          </p>
        )}
        {openPoints.length > 0 && (
          <>
            <p className="mt-2 text-soft">Still to be done</p>
            <ul className="list-disc ps-4">
              {openPoints.map((point) => (
                <li key={point} dir="auto" className="break-words">
                  {point}
                </li>
              ))}
            </ul>
          </>
        )}
        {closed !== null && <p className="mt-2 text-soft">Ended {formatFull(closed.at)}</p>}
      </details>
    </li>
  );
}
