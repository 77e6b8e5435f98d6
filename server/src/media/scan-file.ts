// Owns: asking a virus scanner about a file, a piece at a time: clamd's own way (INSTREAM) over TCP. Refuses to know: what becomes of the file.
import { createReadStream } from "node:fs";
import { connect, type Socket } from "node:net";
import { MediaProblem } from "./media-problem.ts";

/** Resolves when the scanner found nothing. Throws a MediaProblem when it found something, or could not say. */
export type ScanFile = (path: string, signal: AbortSignal) => Promise<void>;

export interface ScannerAddress {
  readonly host: string;
  readonly port: number;
}

/** Without a word for so long, it is given up. A file of 100 MB takes a scanner some seconds. */
const IDLE_MS = 120_000;
const LONGEST_ANSWER = 4_096;
const CHUNK_BYTES = 128 * 1024;

export function createScanFile({ host, port }: ScannerAddress, { idleMs = IDLE_MS }: { readonly idleMs?: number } = {}): ScanFile {
  return async (path, signal) => {
    signal.throwIfAborted();
    const socket = connect({ host, port });
    const stop = (): void => {
      socket.destroy(new Error("the scan was given up"));
    };
    signal.addEventListener("abort", stop);
    socket.setTimeout(idleMs, stop);
    try {
      const answer = readAnswer(socket);
      // It may say its last word, and close, before it has heard all.
      await Promise.race([tell(socket, path), answer]);
      judge(await answer);
    } catch (error) {
      throw error instanceof MediaProblem ? error : unavailable(error);
    } finally {
      signal.removeEventListener("abort", stop);
      socket.destroy();
    }
  };
}

async function tell(socket: Socket, path: string): Promise<void> {
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  const lengthOf = (bytes: number): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes, 0);
    return length;
  };
  await write(Buffer.from("zINSTREAM\0"));
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>)
    await write(Buffer.concat([lengthOf(chunk.length), chunk]));
  await write(lengthOf(0));
}

function readAnswer(socket: Socket): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("\0") || text.length > LONGEST_ANSWER) resolve(text.split("\0", 1)[0] ?? "");
    });
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("the scanner closed the connection without an answer"));
    });
  });
  // Whoever tells may fail first.
  answer.catch(() => undefined);
  return answer;
}

/** `stream: OK`, `stream: Eicar-Signature FOUND`, or what went wrong. */
function judge(answer: string): void {
  if (/^stream: OK$/.test(answer)) return;
  const found = /^stream: (\S{1,200}) FOUND$/.exec(answer)?.[1];
  if (found === undefined) throw unavailable(new Error(`the scanner said: ${answer.slice(0, 200)}`));
  throw new MediaProblem("infected", `The virus scanner found ${found} in the file, and it was not kept.`);
}

const unavailable = (cause: unknown): MediaProblem =>
  new MediaProblem("scanner_unavailable", "The virus scanner did not look at the file. It is fetched again when it does.", cause);
