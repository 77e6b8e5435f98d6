// Owns: what every responder holds to, whatever writes its replies. Each implementation brings its own surroundings.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReplyContext, Responder, ResponderAnswer } from "../../src/answers/responder.ts";
import { ResponderFault } from "../../src/answers/responder.ts";
import { message } from "./test-model.ts";

export interface ResponderSubject {
  readonly responder: Responder;
  /** It has an answer to this one; the same question of a business that has nothing of its own to say. */
  readonly known: ReplyContext;
  readonly stranger: ReplyContext;
  /** Words of the first business's answer that nobody else may ever get. */
  readonly ownWords: string;
  /** Whoever it asks over the network. */
  readonly far?: {
    /** From now on it never answers; resolves when it has been asked. */
    readonly hang: () => Promise<void>;
    readonly fail: () => void;
    readonly restore: () => void;
  };
  readonly close: () => Promise<void>;
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || value instanceof Date) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

function expectWellFormed(answer: ResponderAnswer, context: ReplyContext): void {
  if (answer.outcome === "reply") {
    expect(answer.texts.length).toBeGreaterThan(0);
    expect(answer.texts.length).toBeLessThanOrEqual(context.settings.maxMessages);
    for (const text of answer.texts) {
      expect(text.trim()).not.toBe("");
      expect(text.length).toBeLessThanOrEqual(4_096);
    }
  } else if (answer.outcome === "handoff") {
    expect(answer.text.trim()).not.toBe("");
    // Codes for the inbox and the API, not sentences, and nothing of the customer's.
    expect(answer.reason).toMatch(/^[a-z][a-z_]{2,60}$/);
  } else if (answer.outcome === "later") expect(answer.waitMs).toBeGreaterThan(0);
  for (const count of [answer.work?.inputTokens, answer.work?.outputTokens, answer.work?.costMicros])
    if (count !== undefined) expect(count).toBeGreaterThanOrEqual(0);
}

/** `reachesOut`: it asks somebody over the network, who may hang or fail. */
export function describeResponder(name: string, reachesOut: boolean, open: () => Promise<ResponderSubject>): void {
  describe(`the ${name} responder, like every responder,`, () => {
    let subject: ResponderSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    const respond = (context: ReplyContext, signal = new AbortController().signal): Promise<ResponderAnswer> =>
      subject.responder.respond(freeze(context), signal);

    it("is called by its name, and says what it wants of the memory", () => {
      expect(subject.responder.name).toBe(name);
      expect(["burst", "memory"]).toContain(subject.responder.wants);
    });

    it("answers with messages that can be sent, and leaves its context as it was", async () => {
      const answer = await respond(subject.known);
      expect(answer.outcome).toBe("reply");
      expectWellFormed(answer, subject.known);
      expect(JSON.stringify(answer)).toContain(subject.ownWords);
    });

    it("hands over instead of being silent when nothing can be read, or says why it could not answer", async () => {
      for (const type of ["image", "audio", "sticker", "unsupported"]) {
        const answer = await respond({ ...subject.stranger, burst: [message(null, { type })] }).catch((fault: unknown) => fault);
        if (answer instanceof Error) expect(answer).toBeInstanceOf(ResponderFault);
        else expectWellFormed(answer as ResponderAnswer, subject.stranger);
      }
    });

    it("never sees another business: at once, and one after another", async () => {
      const contexts = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? subject.known : subject.stranger));
      const answers = await Promise.all(contexts.map((context) => respond(context).catch((fault: unknown) => fault)));
      for (const [index, answer] of answers.entries()) {
        const said = JSON.stringify(answer);
        if (index % 2 === 0) expect(said).toContain(subject.ownWords);
        else expect(said).not.toContain(subject.ownWords);
      }
    });

    it("that is not wanted any more ends: with the caller's reason, or with the answer that it has already", async () => {
      const reason = new Error("a newer message came");
      const ended = await respond(subject.known, AbortSignal.abort(reason)).catch((error: unknown) => error);
      if (ended !== reason) expectWellFormed(ended as ResponderAnswer, subject.known);
    });

    if (!reachesOut) return;

    it("does not wait for what never comes once the caller has gone", async () => {
      const controller = new AbortController();
      const reason = new Error("the lease is lost");
      const waiting = subject.far?.hang();
      const answer = respond(subject.known, controller.signal);
      await waiting;
      controller.abort(reason);
      await expect(answer).rejects.toBe(reason);
      subject.far?.restore();
    });

    it("throws a ResponderFault when the other side fails, with a sentence for the operator and no word of the customer", async () => {
      subject.far?.fail();
      const fault = await respond({ ...subject.known, burst: [message("my card is 4111 1111")] }).catch((error: unknown) => error);
      subject.far?.restore();
      expect(fault).toBeInstanceOf(ResponderFault);
      expect((fault as ResponderFault).message).toMatch(/^[A-Z\d].*\.$/s);
      expect((fault as ResponderFault).message).not.toContain("4111");
    });

    it("answers again after it failed", async () => {
      expect((await respond(subject.known)).outcome).toBe("reply");
    });
  });
}
