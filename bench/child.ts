// Owns: one process of the bench: starting it, talking to it in JSON, ending it. Refuses to know what it does.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { objectOf } from "./wire.ts";

export interface Child {
  readonly pid: number;
  send(message: JsonObject): void;
  /** The next message whose `event` is this one; rejects when the process ends before. */
  next(event: string): Promise<JsonObject>;
  stop(): Promise<void>;
}

export interface ChildPlan {
  /** A file of this folder. */
  readonly script: string;
  readonly input: JsonObject;
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly event: string;
  readonly resolve: (message: JsonObject) => void;
  readonly reject: (error: Error) => void;
}

const STOP_LIMIT_MS = 20_000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const limit = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await exited;
  clearTimeout(limit);
}

export function startChild({ script, input, nodeOptions = [], environment = {} }: ChildPlan): Child {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(input)], {
    execArgv: [...nodeOptions],
    env: { ...process.env, ...environment },
    // Standard output is for the result of the bench alone: the server's warnings go where the progress goes.
    stdio: ["ignore", 2, "inherit", "ipc"],
  });
  const early: JsonObject[] = [];
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  child.on("message", (value: unknown) => {
    const message = objectOf(value);
    const at = waiting.findIndex(({ event }) => event === message["event"]);
    if (at === -1) early.push(message);
    else waiting.splice(at, 1)[0]?.resolve(message);
  });
  child.once("exit", (code, signal) => {
    ended = new Error(`${script} ended (${String(code ?? signal)}) before it was done`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  });
  return {
    pid: child.pid ?? 0,
    send: (message) => void child.send(message),
    next(event) {
      const at = early.findIndex((message) => message["event"] === event);
      const [found] = at === -1 ? [] : early.splice(at, 1);
      if (found !== undefined) return Promise.resolve(found);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => waiting.push({ event, resolve, reject }));
    },
    stop: () => end(child),
  };
}
