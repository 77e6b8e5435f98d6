// Owns: how the end of a turn is said: one quiet line, and the details for whoever asks.
import type { Turn } from "./inbox-client.ts";
import { wordsFor } from "./turn-reasons.ts";

export interface TurnLine {
  readonly text: string;
  /** Whether a person should notice it. */
  readonly tone: "quiet" | "warning" | "danger";
}

export function describeTurn({ state, reason, responder, sources }: Turn): TurnLine {
  switch (state) {
    case "replied":
      return { text: `${responder === "webhook" ? "Your agent" : "AI"} answered${namesOf(sources)}`, tone: "quiet" };
    case "superseded":
      return { text: "Answered together with the next message", tone: "quiet" };
    case "handed_off":
      return { text: `Handed to a person${because(reason)}`, tone: "warning" };
    case "skipped":
      return { text: `Not answered by the AI${because(reason)}`, tone: "quiet" };
    case "failed":
      return { text: `Failed${because(reason)}`, tone: "danger" };
    default:
      return { text: `${state.replaceAll("_", " ")}${because(reason)}`, tone: "quiet" };
  }
}

function because(reason: string | null): string {
  return reason === null ? "" : `: ${wordsFor(reason)}`;
}

function namesOf(sources: Turn["sources"]): string {
  const [first, ...more] = [...new Set(sources.map(({ title }) => title))];
  if (first === undefined) return "";
  return ` · from “${shorten(first)}”${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

const TITLE_LENGTH = 40;

/** Some titles carry the words by which they are found behind a colon. The details have all of it. */
function shorten(title: string): string {
  if (title.length <= TITLE_LENGTH) return title;
  const name = title.split(":", 1)[0] ?? "";
  return name.length <= TITLE_LENGTH ? name : `${title.slice(0, TITLE_LENGTH).replace(/[\s,;:.–-]+\S*$/, "")}…`;
}

export interface TurnDetail {
  readonly name: string;
  readonly value: string;
}

export function detailsOf(turn: Turn): readonly TurnDetail[] {
  const { model, responder, inputTokens, outputTokens, costMicros, latencyMs, attempts, toolCalls, sources, error } = turn;
  const found: readonly (readonly [string, string | null])[] = [
    ["Answered by", responder],
    ["Model", model],
    ["Tokens", tokensOf(inputTokens, outputTokens)],
    ["Cost", costMicros === null ? null : formatCost(costMicros)],
    ["Time to write", latencyMs === null ? null : formatMs(latencyMs)],
    ["Attempts", attempts > 1 ? String(attempts) : null],
    ["Tools", toolCalls.length === 0 ? null : toolCalls.map(toolOf).join(", ")],
    ["Texts", sources.length === 0 ? null : sources.map(({ title }) => title).join(", ")],
    ["Error", error],
  ];
  return found.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

function tokensOf(input: number | null, output: number | null): string | null {
  if (input === null && output === null) return null;
  return `${(input ?? 0).toLocaleString()} in, ${(output ?? 0).toLocaleString()} out`;
}

/** In the business's own currency, of which only the business knows the sign. */
function formatCost(micros: number): string {
  return (micros / 1_000_000).toLocaleString(undefined, { minimumFractionDigits: 2, maximumSignificantDigits: 3 });
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
}

function toolOf({ tool, state, ms }: Turn["toolCalls"][number]): string {
  return `${tool} (${state}${ms === null ? "" : `, ${formatMs(ms)}`})`;
}
