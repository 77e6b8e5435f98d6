// Owns: the form in which every kind of tool is called. Refuses to know: who calls, and how calls are recorded.
import type { Json, JsonObject } from "../kernel/json.ts";
import type { CheckArguments } from "./check-arguments.ts";
import type { ContextName } from "./fill-template.ts";

export interface CallContext {
  /** The id under which the call is recorded, the same one over retries. */
  readonly callId: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Undefined: there is none, such as the phone of somebody who hides it. */
  readonly contextValue: (name: ContextName) => Promise<string | undefined>;
  /** A person tries the tool out; nobody is being answered. */
  readonly isTest: boolean;
}

export type CallOutcome =
  | { readonly outcome: "done"; readonly result: Json }
  /**
   * It is known that it did not work. `result`: what the other side answered; without one the call never left, and may be made again.
   * `error` is shown to the model and recorded: no secret, nothing of our network.
   */
  | { readonly outcome: "failed"; readonly error: string; readonly result?: Json }
  /** It left, and nobody knows what became of it. */
  | { readonly outcome: "unknown"; readonly error: string };

export interface CallableTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
  /** Changes nothing outside, or the same however often it is made: it may be repeated, and given up at any time. */
  readonly isRepeatable: boolean;
  readonly needsApproval: boolean;
  readonly check: CheckArguments;
  /** Throws only for faults of ours. */
  run(args: JsonObject, call: CallContext): Promise<CallOutcome>;
}
