// Owns: customers of the simulator who talk with a model: what each writes, and how long it took until the platform had accepted the reply.
import { setTimeout as delay } from "node:timers/promises";
import type { Simulator } from "@onethread/simulator";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { questionOf, slowModelMs } from "./questions.ts";

const WAIT_MS = 120_000;
const SETTLE_MS = 500;

interface Question {
  readonly phoneNumberId: string;
  readonly phone: string;
  readonly tag: string;
  readonly modelMs: number;
  /** How many replies they have when this one is answered. */
  readonly replies: number;
}

interface Tally {
  readonly tags: string[];
  readonly ms: number[];
  unanswered: number;
}

const startTally = (): Tally => ({ tags: [], ms: [], unanswered: 0 });

async function ask(sim: Simulator, { phoneNumberId, phone, tag, modelMs, replies }: Question, tally: Tally): Promise<boolean> {
  const startedAt = performance.now();
  void sim.inbound({ phoneNumberId, from: phone, text: questionOf(tag, modelMs), deliver: { wait: false } });
  const found = await sim.waitForOutbox({ to: phone }, { atLeast: replies, waitMs: WAIT_MS });
  if (found.length < replies) {
    tally.unanswered += 1;
    return false;
  }
  tally.tags.push(tag);
  tally.ms.push(performance.now() - startedAt);
  return true;
}

export interface Conversations {
  readonly phoneNumberId: string;
  readonly customers: number;
  readonly from: number;
  readonly modelMs: number;
  readonly seconds: number;
  /** Part of the tags. */
  readonly stamp: string;
}

/** Each writes again as soon as the reply is there, until the time is over. They begin one after the other, so that they never write all at once. */
export async function converse(sim: Simulator, plan: Conversations): Promise<JsonObject> {
  sim.clearOutbox();
  const tally = startTally();
  const startedAt = performance.now();
  const endAt = startedAt + plan.seconds * 1_000;
  const talk = async (customer: number): Promise<void> => {
    await delay((customer / plan.customers) * plan.modelMs);
    const phone = String(plan.from + customer);
    for (let replies = 1; performance.now() < endAt; replies += 1) {
      const tag = `${plan.stamp}-${customer}-${replies}`;
      const { phoneNumberId, modelMs } = plan;
      if (!(await ask(sim, { phoneNumberId, phone, tag, modelMs, replies }, tally))) return;
    }
  };
  await Promise.all(Array.from({ length: plan.customers }, (_, customer) => talk(customer)));
  return { ...tally, seconds: (performance.now() - startedAt) / 1_000 };
}

export interface Crowd {
  readonly phoneNumberId: string;
  readonly customers: number;
  readonly from: number;
  readonly stamp: string;
}

/** Every customer once, all at the same time; the model takes from 1 to 10 s for each. */
export async function writeOnce(sim: Simulator, { phoneNumberId, customers, from, stamp }: Crowd): Promise<JsonObject> {
  const tally = startTally();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: customers }, (_, customer) => {
      const tag = `${stamp}-${customer}`;
      return ask(sim, { phoneNumberId, phone: String(from + customer), tag, modelMs: slowModelMs(customer), replies: 1 }, tally);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  await delay(SETTLE_MS);
  const replies = sim.outbox({ phoneNumberId }).filter(({ to }) => Number(to) >= from && Number(to) < from + customers);
  return { ...tally, seconds, answeredTwice: replies.length - new Set(replies.map(({ to }) => to)).size };
}
