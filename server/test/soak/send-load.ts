// Owns: a business's program that sends without pause and gives up on nothing: the same request with the same key until it is answered. What it was promised is its own record.
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/seeded-random.ts";

export interface SendLoadOptions {
  readonly url: string;
  readonly authorization: string;
  readonly conversations: readonly [string, ...string[]];
  readonly random: Random;
  readonly perSecond: number;
}

export interface SendLoad {
  /** Ids that were answered 202. */
  readonly promised: readonly string[];
  /** Of these, what was cancelled and answered 200. */
  readonly cancelled: readonly string[];
  /** How often a request had to be made again. */
  readonly repeats: number;
  /** Answers that are none of these: there should be none. */
  readonly refusals: readonly string[];
  /** Resolves when every request has its answer. */
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const AT_ONCE = 40;
const AGAIN_MS = 200;
const LATER_PERCENT = 10;
const CANCEL_PERCENT = 5;

export function startSendLoad({ url, authorization, conversations, random, perSecond }: SendLoadOptions): SendLoad {
  const promised: string[] = [];
  const cancelled: string[] = [];
  const refusals: string[] = [];
  const running = new Set<Promise<void>>();
  let repeats = 0;
  let written = 0;
  let isOver = false;

  async function ask(path: string, headers: Readonly<Record<string, string>>, body: object): Promise<Answer | undefined> {
    try {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    } catch {
      return undefined;
    }
  }

  /** Until somebody has answered who is not just away. */
  async function insist(path: string, headers: Readonly<Record<string, string>>, body: object): Promise<Answer> {
    for (;;) {
      const answer = await ask(path, headers, body);
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) return answer;
      repeats += 1;
      await delay(AGAIN_MS);
    }
  }

  async function send(number: number): Promise<void> {
    const text = { type: "text", text: { body: `Message ${String(number)}` } };
    const sendAt = random.chance(LATER_PERCENT) ? { sendAt: new Date(Date.now() + 1_000 + random.below(3_000)).toISOString() } : {};
    const isCancelled = random.chance(CANCEL_PERCENT);
    const conversation = random.pick(conversations);
    const { status, body } = await insist(
      `/conversations/${conversation}/messages`,
      { "idempotency-key": `soak-${String(number)}` },
      { ...text, ...sendAt },
    );
    const { id } = body;
    if (status !== 202 || typeof id !== "string") {
      refusals.push(`${String(status)} ${JSON.stringify(body)}`);
      return;
    }
    promised.push(id);
    if (isCancelled && (await insist(`/messages/${id}/cancel`, {}, {})).status === 200) cancelled.push(id);
  }

  const timer = setInterval(() => {
    if (isOver || running.size >= AT_ONCE) return;
    written += 1;
    const one = send(written).finally(() => running.delete(one));
    running.add(one);
  }, 1_000 / perSecond);

  return {
    promised,
    cancelled,
    refusals,
    get repeats() {
      return repeats;
    },
    async stop() {
      isOver = true;
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}
