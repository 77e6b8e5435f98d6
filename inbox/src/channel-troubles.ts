// Owns: what is wrong with the connected numbers, in words: which, what happened, and what to do. Refuses to know: how it is shown.
import { withLocalTimes } from "./format-time.ts";
import type { Channel } from "./inbox-client.ts";

export interface Trouble {
  /** Of every channel that it concerns. */
  readonly names: readonly string[];
  /** Danger: messages do not go out or do not come in. */
  readonly tone: "danger" | "warning";
  /** A sentence or two. */
  readonly what: string;
  /** Undefined where the sentence says it. */
  readonly advice: string | undefined;
}

type Signal = Channel["signals"][number];

const LOWER_QUALITY: ReadonlySet<string> = new Set(["FLAGGED", "DOWNGRADE"]);
const HELD = "Waiting messages are kept and leave by themselves then.";
const STOPPED = "Nothing is sent until this is fixed and the channel is resumed; waiting messages are kept.";

/** The worst first; what one account reports of several numbers once. */
export function listTroubles(channels: readonly Channel[]): readonly Trouble[] {
  const found = channels.flatMap((channel) => troublesOf(channel).map((trouble) => ({ name: nameOf(channel), trouble })));
  const groups = [...Map.groupBy(found, ({ trouble }) => trouble.what).values()];
  const troubles = groups.flatMap((group) =>
    group[0] === undefined ? [] : [{ ...group[0].trouble, names: group.map(({ name }) => name) }],
  );
  return troubles.toSorted((a, b) => Number(a.tone === "warning") - Number(b.tone === "warning"));
}

/** Two numbers may have one name. */
export function nameOf({ name, displayPhoneNumber }: Pick<Channel, "name" | "displayPhoneNumber">): string {
  return displayPhoneNumber === null || displayPhoneNumber === name ? name : `${name} (${displayPhoneNumber})`;
}

function troublesOf({ stoppedAt, stoppedReason, heldUntil, heldReason, signals }: Channel): readonly Omit<Trouble, "names">[] {
  const held: readonly Omit<Trouble, "names">[] =
    heldUntil === null
      ? []
      : [
          {
            tone: "warning",
            what: withLocalTimes(`Sending waits until ${heldUntil}: ${heldReason ?? "WhatsApp asked for that."}`),
            advice: HELD,
          },
        ];
  const reported = signals.filter(isTrouble).map((signal): Omit<Trouble, "names"> => ({
    tone: signal.health === "ok" ? "warning" : "danger",
    what: withLocalTimes(signal.sentence),
    advice: adviceFor(signal),
  }));
  if (stoppedAt === null) return [...held, ...reported];
  return [{ tone: "danger", what: `Sending is stopped: ${stoppedReason ?? "no reason was given"}`, advice: STOPPED }, ...held, ...reported];
}

function isTrouble({ aspect, state, health }: Signal): boolean {
  return health !== "ok" || (aspect === "quality" && LOWER_QUALITY.has(state));
}

function adviceFor({ aspect, state }: Signal): string | undefined {
  if (aspect === "quality") return "Send less of what customers block or report; see WhatsApp Manager for details.";
  if (aspect.startsWith("restriction")) return "WhatsApp Manager shows what is still possible, and where to appeal.";
  return state === "ACCOUNT_DELETED" ? "Connect another account." : undefined;
}
