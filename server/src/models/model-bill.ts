// Owns: what the questions of one reply used up, over all models that were asked. Refuses to know: budgets.
import type { ModelSettings } from "../settings/reply-settings.ts";
import type { TurnWork } from "../answers/responder.ts";
import type { ModelUsage } from "./ask-model.ts";

export interface ModelBill {
  add(settings: ModelSettings, usage: ModelUsage): void;
  /** Empty as long as nothing is known. */
  total(): Pick<TurnWork, "model" | "inputTokens" | "outputTokens" | "costMicros">;
}

export function createModelBill(): ModelBill {
  const sums = { inputTokens: 0, outputTokens: 0, cost: 0 };
  let model: string | undefined;
  let isPriced = false;
  return {
    add({ price }, usage) {
      model = usage.model;
      sums.inputTokens += usage.inputTokens;
      sums.outputTokens += usage.outputTokens;
      if (price === undefined) return;
      isPriced = true;
      // So much per million tokens is so many millionths per token.
      sums.cost += usage.inputTokens * price.inputPerMillion + usage.outputTokens * price.outputPerMillion;
    },
    total() {
      if (model === undefined) return {};
      const { inputTokens, outputTokens, cost } = sums;
      return { model, inputTokens, outputTokens, ...(isPriced ? { costMicros: Math.round(cost) } : {}) };
    },
  };
}
