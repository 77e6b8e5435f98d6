// Owns: saying above everything that a number is in trouble. Nothing while all are well.
import { listTroubles, type Trouble } from "./channel-troubles.ts";
import type { Channel } from "./inbox-client.ts";
import { NOTICES } from "./use-place.ts";

const MOST_NAMES = 3;
const TONES: Readonly<Record<Trouble["tone"], string>> = {
  danger: "bg-danger-bg text-danger",
  warning: "bg-warning-bg text-warning",
};

export function ChannelBanner({ channels }: { readonly channels: readonly Channel[] }) {
  return (
    <div role="status" aria-label="Channels" className="max-h-[30dvh] shrink-0 overflow-y-auto">
      {listTroubles(channels).map((trouble) => (
        <Line key={`${trouble.tone} ${trouble.what}`} trouble={trouble} />
      ))}
    </div>
  );
}

function Line({ trouble: { names, tone, what, advice } }: { readonly trouble: Trouble }) {
  return (
    <p className={`border-b border-line px-4 py-2 text-sm break-words ${TONES[tone]}`}>
      <bdi className="font-semibold">{namesOf(names)}</bdi>: <bdi>{what}</bdi>
      {advice !== undefined && ` ${advice}`}{" "}
      <a href={NOTICES} className="font-medium whitespace-nowrap underline">
        All notices
      </a>
    </p>
  );
}

function namesOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${String(more)} more` : names.join(", ");
}
