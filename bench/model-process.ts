// Owns: the process of the model: it speaks the OpenAI protocol, streams word by word, takes as long as the question says, and measures that itself.
import { startOpenAiServer } from "../server/test/support/openai-server.ts";
import { readQuestion } from "./questions.ts";
import { endWithParent, objectOf, sendToParent } from "./wire.ts";

const ANSWER =
  "On Sunday we are open from 8 to 14 h, and from Monday to Saturday we are here from 8 to 20 h. Come by whenever it suits you best, we look forward to it.";
/** Of the time until the first word; the rest is spread over the words. */
const FIRST_WORD_SHARE = 0.4;
const WORDS = ANSWER.split(" ").length;

/** By tag: how often it was asked, and how long all of it took. */
const answered = new Map<string, { times: number; ms: number }>();

const server = await startOpenAiServer({
  keepRequests: false,
  script(request) {
    const { modelMs } = readQuestion(request.text("user")) ?? { modelMs: 0 };
    const delayMs = Math.round(modelMs * FIRST_WORD_SHARE);
    return { text: ANSWER, delayMs, tokenMs: Math.floor((modelMs - delayMs) / WORDS) };
  },
  onAnswered(request, ms) {
    const { tag } = readQuestion(request.text("user")) ?? { tag: "none" };
    const { times, ms: before } = answered.get(tag) ?? { times: 0, ms: 0 };
    answered.set(tag, { times: times + 1, ms: before + ms });
  },
});

process.on("message", (value: unknown) => {
  if (objectOf(value)["do"] !== "report") return;
  const { most, aborted } = server.counts;
  const all = [...answered.entries()];
  answered.clear();
  sendToParent({
    event: "report",
    most,
    aborted,
    tags: all.map(([tag]) => tag),
    times: all.map(([, { times }]) => times),
    ms: all.map(([, { ms }]) => ms),
  });
});
endWithParent(() => server.stop());
sendToParent({ event: "ready", baseUrl: server.baseUrl, host: server.host });
