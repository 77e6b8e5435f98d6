// Owns: putting HTTP load on a server over raw keep-alive sockets, so that the generator costs little of the cores that the server needs.
// Knows only as much HTTP as our own answers: a status line, and a content-length.
import { connect, type Socket } from "node:net";

export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
}

export interface LoadResult {
  readonly latenciesMs: Float64Array;
  readonly seconds: number;
  /** Answers other than 200. */
  readonly refused: number;
}

export interface HttpLoad {
  /** Closed loop: each connection sends its next request when the last one is answered. Ends after `seconds`, or when all are sent. */
  flood(requests: readonly Buffer[], seconds: number): Promise<LoadResult>;
  /** Open loop: requests leave at a fixed rate, whatever the answers do; the wait for a free connection counts. */
  pace(requests: readonly Buffer[], perSecond: number): Promise<LoadResult>;
  /** All at once, each on a connection of its own; resolves with how long each took, in milliseconds and in their order. */
  burst(requests: readonly Buffer[]): Promise<readonly number[]>;
  close(): void;
}

const MOST_REFUSED = 20;

interface Line {
  readonly socket: Socket;
  onAnswer: (status: number) => void;
  onClose: (error: Error) => void;
}

/** The end of the first whole answer in the text; undefined when there is more to come. */
function endOfAnswer(text: string): number | undefined {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  const end = head + 4 + Number(length ?? 0);
  return text.length >= end ? end : undefined;
}

async function openLine({ host, port }: LoadTarget): Promise<Line> {
  const socket = connect({ host, port, noDelay: true });
  const line: Line = { socket, onAnswer: () => undefined, onClose: () => undefined };
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const end = endOfAnswer(text);
    if (end === undefined) return;
    const status = Number(text.slice(9, 12));
    text = text.slice(end);
    line.onAnswer(status);
  });
  socket.on("close", () => line.onClose(new Error("the server closed a connection of the load generator")));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  return line;
}

interface Tally {
  readonly latenciesMs: Float64Array;
  answered: number;
  refused: number;
}

const startTally = (size: number): Tally => ({ latenciesMs: new Float64Array(size), answered: 0, refused: 0 });

function count(tally: Tally, status: number, startedAt: number): void {
  tally.latenciesMs[tally.answered] = performance.now() - startedAt;
  tally.answered += 1;
  if (status === 200) return;
  tally.refused += 1;
  if (tally.refused > MOST_REFUSED) throw new Error(`the server refused ${tally.refused} webhooks, the last one with ${status}`);
}

const resultOf = ({ latenciesMs, answered, refused }: Tally, startedAt: number): LoadResult => ({
  latenciesMs: latenciesMs.subarray(0, answered),
  seconds: (performance.now() - startedAt) / 1000,
  refused,
});

async function flood(lines: readonly Line[], requests: readonly Buffer[], seconds: number): Promise<LoadResult> {
  const tally = startTally(requests.length);
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  let next = 0;
  const drive = (line: Line): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = 0;
      const send = (): void => {
        const request = requests[next];
        sentAt = performance.now();
        if (request === undefined || sentAt >= endAt) {
          resolve();
          return;
        }
        next += 1;
        line.socket.write(request);
      };
      line.onClose = reject;
      line.onAnswer = (status) => {
        count(tally, status, sentAt);
        send();
      };
      send();
    });
  await Promise.all(lines.map(drive));
  return resultOf(tally, startedAt);
}

async function pace(lines: readonly Line[], requests: readonly Buffer[], perSecond: number): Promise<LoadResult> {
  const tally = startTally(requests.length);
  const startedAt = performance.now();
  const free = [...lines];
  const dueAt = (index: number): number => startedAt + (index * 1000) / perSecond;
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    const sendDue = (): void => {
      const now = performance.now();
      while (next < requests.length && free.length > 0 && dueAt(next) <= now) {
        const line = free.pop();
        const request = requests[next];
        if (line === undefined || request === undefined) break;
        const startedAtDue = dueAt(next);
        next += 1;
        line.onAnswer = (status) => {
          count(tally, status, startedAtDue);
          free.push(line);
          if (tally.answered === requests.length) {
            clearInterval(clock);
            resolve();
          } else sendDue();
        };
        line.socket.write(request);
      }
    };
    const clock = setInterval(sendDue, 1);
    for (const line of lines) line.onClose = reject;
  });
  return resultOf(tally, startedAt);
}

function burst(lines: readonly Line[], requests: readonly Buffer[]): Promise<readonly number[]> {
  if (requests.length > lines.length) throw new Error("a burst needs a connection for each of its requests");
  const startedAt = performance.now();
  const send = (request: Buffer, at: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const line = lines[at];
      if (line === undefined) return;
      line.onClose = reject;
      line.onAnswer = (status) => {
        if (status === 200) resolve(performance.now() - startedAt);
        else reject(new Error(`the server refused a webhook of a burst with ${status}`));
      };
      line.socket.write(request);
    });
  return Promise.all(requests.map(send));
}

export async function openHttpLoad(target: LoadTarget): Promise<HttpLoad> {
  let lines = await Promise.all(Array.from({ length: target.connections }, () => openLine(target)));
  // The server closes what has been idle for a minute.
  const openAll = async (): Promise<readonly Line[]> => {
    lines = await Promise.all(lines.map(async (line) => (line.socket.destroyed ? openLine(target) : line)));
    return lines;
  };
  return {
    flood: async (requests, seconds) => flood(await openAll(), requests, seconds),
    pace: async (requests, perSecond) => pace(await openAll(), requests, perSecond),
    burst: async (requests) => burst(await openAll(), requests),
    close() {
      for (const { socket } of lines) socket.destroy();
    },
  };
}
