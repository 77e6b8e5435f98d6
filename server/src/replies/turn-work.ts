// Owns: what a turn has used up over several runs: adding it, and reading what was kept while it waited. Pure.
import { z } from "zod";
import type { TurnWork } from "../answers/responder.ts";

const stored = z.object({
  model: z.string().optional(),
  inputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  costMicros: z.number().optional(),
});

/** What was kept of a turn that waited; of anything else, nothing. */
export function readWork(value: unknown): TurnWork | undefined {
  const { success, data } = stored.safeParse(value);
  if (!success) return undefined;
  const { model, inputTokens, outputTokens, costMicros } = data;
  return {
    ...(model === undefined ? {} : { model }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(costMicros === undefined ? {} : { costMicros }),
  };
}

/** The sums; the model, the calls and the sources are those of the later run, which saw the earlier calls. */
export function addWork(earlier: TurnWork | undefined, later: TurnWork | undefined): TurnWork | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier;
  const sum = (key: "inputTokens" | "outputTokens" | "costMicros"): Partial<Record<typeof key, number>> =>
    earlier[key] === undefined && later[key] === undefined ? {} : { [key]: (earlier[key] ?? 0) + (later[key] ?? 0) };
  return { ...earlier, ...later, ...sum("inputTokens"), ...sum("outputTokens"), ...sum("costMicros") };
}
