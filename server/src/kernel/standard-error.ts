// Owns: writing to standard error without waiting for whoever reads it: what they do not take is held up to a bound, and counted beyond it. Only the end
// of the process waits, and not for long. Refuses to know: what the lines say.
import { constants, openSync, writevSync } from "node:fs";
import { isatty } from "node:tty";

const STANDARD_ERROR = 2;
const MAX_HELD_BYTES = 16_000_000;
/** Lines that were dropped are followed by others only when there is room for many. */
const ROOM_AGAIN_BYTES = MAX_HELD_BYTES / 2;
const MAX_LINES_OF_A_WRITE = 512;
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 100;
/** How long the end of the process waits for its reader. */
const END_WAIT_MS = 2_000;
const END_RETRY_MS = 10;

export interface StandardError {
  /** Whole lines. Never waits, never throws. */
  write(lines: string): void;
  /** The listener is called where lines are missing, once there is room again; what it writes takes their place. The latest listener counts. */
  onDropped(listener: (writes: number) => void): void;
}

/** Answers the descriptor to write to; a pipe, a socket or a terminal whose reader does not read answers EAGAIN there, instead of stopping the process. */
function openWithoutWaiting(): number {
  // Node switches a pipe or a socket to that when it opens its stream.
  if (!isatty(STANDARD_ERROR)) return process.stderr.fd;
  try {
    // A terminal's stream it switches back; and whoever shares the terminal is not to notice.
    return openSync("/dev/stderr", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STANDARD_ERROR;
  }
}

function openStandardError(): StandardError {
  const fd = openWithoutWaiting();
  const held: Buffer[] = [];
  let heldBytes = 0;
  let dropped = 0;
  let tellDropped: (writes: number) => void = () => undefined;
  let isAwaited = false;
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;

  function removeHeld(bytes: number): void {
    heldBytes -= bytes;
    let left = bytes;
    let whole = 0;
    for (let line = held[0]; line !== undefined && line.length <= left; line = held[whole]) {
      left -= line.length;
      whole += 1;
    }
    held.splice(0, whole);
    if (left > 0 && held[0] !== undefined) held[0] = held[0].subarray(left);
  }

  function writeHeld(): void {
    clearTimeout(retry);
    retry = undefined;
    const before = heldBytes;
    try {
      while (held.length > 0) removeHeld(writevSync(fd, held.slice(0, MAX_LINES_OF_A_WRITE)));
    } catch (error) {
      // What else it may be (nobody reads any more, a full disk) may pass too, but the end does not wait for it.
      isAwaited = error instanceof Error && "code" in error && error.code === "EAGAIN";
      retryMs = heldBytes < before ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
      retry = setTimeout(writeHeld, retryMs).unref();
    }
    if (dropped === 0 || heldBytes > ROOM_AGAIN_BYTES) return;
    const writes = dropped;
    dropped = 0;
    tellDropped(writes);
  }

  process.once("exit", () => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; retry !== undefined && waited < END_WAIT_MS; waited += END_RETRY_MS) {
      writeHeld();
      if (!isAwaited) break;
      if (held.length > 0) Atomics.wait(pause, 0, 0, END_RETRY_MS);
    }
  });

  return {
    write(lines) {
      const bytes = Buffer.from(lines);
      const isRoom = dropped === 0 && (held.length === 0 || heldBytes + bytes.length <= MAX_HELD_BYTES);
      if (!isRoom) {
        dropped += 1;
        return;
      }
      held.push(bytes);
      heldBytes += bytes.length;
      if (retry === undefined) writeHeld();
    },
    onDropped: (listener) => (tellDropped = listener),
  };
}

let opened: StandardError | undefined;

/** There is one in a process; it is opened when it is needed first. */
export const standardError = (): StandardError => (opened ??= openStandardError());
