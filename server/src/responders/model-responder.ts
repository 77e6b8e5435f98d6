// Owns: a reply written by a model: the prompt, the rounds with its tools, the checks of what it wrote, the second model. Refuses to know: lanes,
// sending, which provider it is, and what a tool does.
import type { ModelMessage, TextPart, ToolCallPart } from "ai";
import type { AnswerPart } from "../answers/answer-part.ts";
import { isOutage } from "../db/classify-error.ts";
import type { Json } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { isArray, isObject, readObject } from "../kernel/read-json.ts";
import { askModel } from "../models/ask-model.ts";
import type { ModelAnswer } from "../models/answer-draft.ts";
import { untilAborted } from "../kernel/until-aborted.ts";
import { createToolCaller, HANDOFF, type ToolCaller } from "../models/call-tools.ts";
import type { LanguageModels, OpenModel } from "../models/language-models.ts";
import { createModelBill, type ModelBill } from "../models/model-bill.ts";
import { tidyReply } from "../models/tidy-reply.ts";
import { checkReply, withoutDoubtfulLinks, type ReplyProblem } from "./check-reply.ts";
import { renderPrompt, type RenderedPrompt } from "./render-prompt.ts";
import type { ModelSettings } from "../settings/reply-settings.ts";
import {
  ResponderFault,
  type OpenTools,
  type ReplyContext,
  type Responder,
  type ResponderAnswer,
  type ToolSet,
} from "../answers/responder.ts";
import { splitReply } from "./split-reply.ts";

export interface ModelResponderDeps {
  readonly models: LanguageModels;
  readonly openTools: OpenTools;
  readonly log: Log;
}

/** The transcript outlives a model that failed: the second one continues where it stopped, and no tool is called twice. */
interface ReplyInProgress {
  readonly context: ReplyContext;
  readonly prompt: RenderedPrompt;
  readonly tools: ToolSet;
  readonly caller: ToolCaller;
  readonly transcript: ModelMessage[];
  readonly found: string[];
  /** What tools have added to the answer so far. */
  readonly parts: AnswerPart[];
  readonly bill: ModelBill;
  /** The same question without pictures. Undefined: it holds none, or none any more. */
  unseeing: readonly ModelMessage[] | undefined;
  /** By `performance.now()`. */
  readonly beganAt: number;
  isRepaired: boolean;
}

/** When there is a second model, the first one may not use up all of the time. */
const FIRST_SHARE = 0.6;
const MAX_IDLE_MS = 15_000;
const MAX_SPENT_ROUNDS = 2;
/** How much of an answer is read, as a multiple of what could be sent: what is longer is too long anyway. */
const LOOKED_AT = 4;
/** More than a person would send at once. */
const MAX_PARTS = 5;
/** The reason of every handoff that a model asks for. Its own sentence may quote the customer, and reasons go into events and lists. */
const ASKED_BY_MODEL = "asked_by_model";

function workOf(reply: ReplyInProgress): NonNullable<ResponderAnswer["work"]> {
  const { knowledge, pictures = [] } = reply.context;
  return {
    ...reply.bill.total(),
    toolCalls: [...reply.tools.calls],
    ...(knowledge.length === 0 ? {} : { sources: knowledge.map(({ id, title }) => ({ id, title })) }),
    ...(pictures.length === 0 ? {} : { pictures: { shown: pictures.length, refused: reply.unseeing === undefined } }),
  };
}

function problemsOf(text: string, { context, prompt: { mark, rules }, tools, found }: ReplyInProgress): readonly ReplyProblem[] {
  return checkReply({ text, context, mark, rules, tools: tools.tools.map(({ name }) => name), found });
}

function stringsIn(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  const inside = isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return inside.flatMap(stringsIn);
}

/** What the model chose of it and the customer will read: of a template what is filled in, for the rest is approved. */
function wordsOf({ type, text, content }: AnswerPart): readonly string[] {
  if (type === "template") return stringsIn(readObject(content, "template")?.["components"]);
  return [text ?? "", ...stringsIn(readObject(content, "interactive")?.["action"])];
}

/** What a tool would send is read as closely as what is written. Undefined: it is part of the answer now. */
function addPart(part: AnswerPart, reply: ReplyInProgress): string | undefined {
  const instant = reply.parts.filter(({ sendAt }) => sendAt === undefined);
  if (reply.parts.length >= MAX_PARTS) return "The answer holds too much already. Nothing was added; answer with what is there.";
  if (part.sendAt === undefined && reply.context.settings.maxMessages <= instant.length)
    return "The answer may hold no more messages. Nothing was added; answer with what is there.";
  const problems = problemsOf(wordsOf(part).join("\n"), reply).filter(({ kind }) => kind !== "too_long");
  if (problems.length > 0) return `Nothing was added. ${problems.map(({ advice }) => advice).join(" ")}`;
  reply.parts.push(part);
  return undefined;
}

/** Undefined: it is to be written once more. */
function judge(answer: ModelAnswer, reply: ReplyInProgress, log: Log): ResponderAnswer | undefined {
  const { context } = reply;
  const tidy = tidyReply(answer.text, LOOKED_AT * context.settings.maxMessages * context.settings.maxMessageLength);
  const text = withoutDoubtfulLinks(tidy, { context, found: reply.found });
  if (answer.finishReason === "content-filter") return { outcome: "handoff", text: context.handoffText, reason: "content_filter" };
  const added = reply.parts.length === 0 ? {} : { parts: [...reply.parts] };
  if (text === "" && reply.parts.some(({ sendAt }) => sendAt === undefined)) return { outcome: "reply", texts: [], ...added };
  if (text === "") throw new ResponderFault("The model answered with nothing.");
  const problems: ReplyProblem[] = [...problemsOf(text, reply)];
  const wasCut = answer.finishReason === "length";
  if (wasCut) problems.push({ kind: "too_long", advice: "It was cut off because it was too long. Write it much shorter." });
  if (problems.length > 0) {
    const kinds = [...new Set(problems.map(({ kind }) => kind))];
    log.warn({ conversationId: context.conversationId, kinds, again: !reply.isRepaired }, "reply.refused");
    if (!reply.isRepaired) {
      reply.isRepaired = true;
      const advice = problems.map((problem) => problem.advice).join(" ");
      if (answer.message !== undefined) reply.transcript.push(answer.message);
      reply.transcript.push({ role: "user", content: `Your message was not sent. ${advice} Write only the message to the customer.` });
      return undefined;
    }
    // The guess of the language may be wrong, and what is too long can be cut; no person is needed for these.
    if (kinds.some((kind) => kind === "leak" || kind === "link"))
      return { outcome: "handoff", text: context.handoffText, reason: "unsafe_reply" };
  }
  return { outcome: "reply", texts: splitReply(wasCut ? `${text}…` : text, context.settings), ...added };
}

async function runTools(answer: ModelAnswer, reply: ReplyInProgress, signal: AbortSignal): Promise<ResponderAnswer | undefined> {
  const { settings, handoffText } = reply.context;
  const called = await reply.caller.call(answer.calls, signal);
  if (called.outcome === "handoff") return { outcome: "handoff", text: handoffText, reason: ASKED_BY_MODEL };
  if (called.outcome === "waits") return { outcome: "later", waitsFor: "approval", waitMs: settings.tools.approvalWaitMs };
  reply.found.push(...called.found);
  if (answer.message !== undefined) reply.transcript.push(answer.message, called.message);
  return undefined;
}

/** With no calls left a person can still be fetched; a model that goes on calling other tools has to answer in the end. */
function offerOf(reply: ReplyInProgress, spent: number): { readonly tools: ToolSet["tools"]; readonly mayCall: boolean } {
  const tools = reply.tools.tools;
  const onlyHandoff = tools.filter(({ name }) => name === HANDOFF);
  if (spent === 0) return { tools, mayCall: true };
  return spent <= MAX_SPENT_ROUNDS && onlyHandoff.length > 0 ? { tools: onlyHandoff, mayCall: true } : { tools, mayCall: false };
}

async function converse(
  open: OpenModel,
  reply: ReplyInProgress,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<ResponderAnswer> {
  const { settings } = reply.context;
  const idleMs = Math.min(MAX_IDLE_MS, settings.modelTimeoutMs / 2);
  // Ends: every round uses up calls, or the one repair, or one of those in which only a person can still be fetched, or is the last one.
  for (let spent = 0; ;) {
    if (reply.caller.callsLeft() === 0) spent += 1;
    const offer = offerOf(reply, spent);
    const question = { instructions: reply.prompt.instructions, messages: reply.transcript, ...offer, idleMs };
    const answer = await askModel(open, question, { signal, onUsage: (usage) => reply.bill.add(open.settings, usage) });
    const called = answer.calls.length > 0;
    const outcome = called ? await runTools(answer, reply, signal) : judge(answer, reply, log);
    if (outcome !== undefined) return outcome;
  }
}

/** A model that takes no pictures is asked once more, without them. */
async function converseSeeing(
  open: OpenModel,
  reply: ReplyInProgress,
  options: { readonly signal: AbortSignal; readonly log: Log },
): Promise<ResponderAnswer> {
  try {
    return await converse(open, reply, options);
  } catch (error) {
    const { unseeing, prompt, transcript } = reply;
    if (!(error instanceof ResponderFault) || !error.isRefusal || unseeing === undefined) throw error;
    options.log.warn({ conversationId: reply.context.conversationId, error: error.message }, "model.pictures-refused");
    transcript.splice(0, prompt.messages.length, ...unseeing);
    reply.unseeing = undefined;
    return converse(open, reply, options);
  }
}

/** One provider's marks on what was said (signatures of thoughts) mean nothing to the next one. */
function withoutMarks(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  return messages.map((message) => {
    if (message.role !== "assistant" || typeof message.content === "string") return message;
    const content = message.content.flatMap((part): (TextPart | ToolCallPart)[] => {
      if (part.type === "text") return [{ type: part.type, text: part.text }];
      if (part.type !== "tool-call") return [];
      return [{ type: part.type, toolCallId: part.toolCallId, toolName: part.toolName, input: part.input }];
    });
    return { role: message.role, content };
  });
}

function bothFailed(first: ResponderFault, second: ResponderFault): ResponderFault {
  const waits = [first, second].filter((fault) => !fault.isFinal).map((fault) => fault.retryAfterMs ?? 0);
  const retryAfterMs = Math.min(...waits);
  return new ResponderFault(`${first.message} The fallback model: ${second.message}`, {
    cause: second.cause ?? first.cause,
    isFinal: first.isFinal && second.isFinal,
    ...(retryAfterMs > 0 && Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
  });
}

export function createModelResponder({ models, openTools, log }: ModelResponderDeps): Responder {
  /** A fault for everything that goes wrong; only the caller's own abort is passed on as it is. */
  async function tryModel(
    settings: ModelSettings,
    reply: ReplyInProgress,
    { caller, ms }: { readonly caller: AbortSignal; readonly ms: number },
  ): Promise<ResponderAnswer> {
    const late = AbortSignal.timeout(Math.max(1, Math.floor(ms)));
    const signal = AbortSignal.any([caller, late]);
    try {
      const open = await untilAborted(models.open(reply.context.businessId, settings), signal);
      return await converseSeeing(open, reply, { signal, log });
    } catch (error) {
      if (caller.aborted) throw caller.reason;
      if (error instanceof ResponderFault) throw error;
      if (late.aborted) throw new ResponderFault(`The model ${settings.model} did not answer within ${Math.round(ms)} ms.`);
      throw new ResponderFault("The model could not be asked.", { cause: error });
    }
  }

  async function answer(reply: ReplyInProgress, model: ModelSettings, caller: AbortSignal): Promise<ResponderAnswer> {
    const { modelTimeoutMs, fallbackModel } = reply.context.settings;
    const left = (): number => reply.beganAt + modelTimeoutMs - performance.now();
    if (fallbackModel === null) return tryModel(model, reply, { caller, ms: left() });
    try {
      return await tryModel(model, reply, { caller, ms: left() * FIRST_SHARE });
    } catch (first) {
      if (!(first instanceof ResponderFault) || caller.aborted || isOutage(first)) throw first;
      log.warn({ conversationId: reply.context.conversationId, error: first }, "model.fell-back");
      reply.transcript.splice(0, Infinity, ...withoutMarks(reply.transcript));
      return tryModel(fallbackModel, reply, { caller, ms: left() }).catch((second: unknown) => {
        throw second instanceof ResponderFault && !caller.aborted ? bothFailed(first, second) : second;
      });
    }
  }

  async function open(context: ReplyContext, caller: AbortSignal): Promise<ToolSet> {
    const { modelTimeoutMs } = context.settings;
    const signal = AbortSignal.any([caller, AbortSignal.timeout(modelTimeoutMs * FIRST_SHARE)]);
    const opening = openTools(context, signal);
    try {
      return await untilAborted(opening, signal);
    } catch (error) {
      // Opened after all, when nobody waits any more.
      opening.then(close, () => undefined);
      if (caller.aborted) throw caller.reason;
      throw error instanceof ResponderFault ? error : new ResponderFault("The tools could not be opened.", { cause: error });
    }
  }

  /** Nobody waits for it: the reply is there, or is not wanted any more. */
  function close(tools: ToolSet): void {
    tools.close().catch((error: unknown) => log.warn({ error }, "model.tools-not-closed"));
  }

  return {
    name: "model",
    wants: "memory",
    async respond(context, signal) {
      signal.throwIfAborted();
      const { model } = context.settings;
      if (model === null)
        throw new ResponderFault("No model is set. Set `model` in the reply settings, or choose another responder.", { isFinal: true });
      const beganAt = performance.now();
      const tools = await open(context, signal);
      const options = { tools: tools.tools.map(({ name }) => name), earlierCalls: tools.earlierCalls };
      const prompt = renderPrompt(context, options);
      const reply: ReplyInProgress = {
        context,
        prompt,
        tools,
        caller: createToolCaller({
          tools,
          mark: prompt.mark,
          maxCalls: context.settings.tools.maxCalls,
          add: (part) => addPart(part, reply),
        }),
        transcript: [...prompt.messages],
        found: [],
        parts: [],
        bill: createModelBill(),
        unseeing: context.pictures === undefined ? undefined : renderPrompt({ ...context, pictures: [] }, options).messages,
        beganAt,
        isRepaired: false,
      };
      try {
        return { ...(await answer(reply, model, signal)), work: workOf(reply) };
      } catch (error) {
        if (!(error instanceof ResponderFault)) throw error;
        const { message, cause, isFinal, retryAfterMs } = error;
        throw new ResponderFault(message, { cause, isFinal, work: workOf(reply), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
      } finally {
        close(tools);
      }
    },
  };
}
