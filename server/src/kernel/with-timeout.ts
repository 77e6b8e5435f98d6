// Owns: not waiting longer than a while. The work itself goes on; nobody waits for it any more.

export class TimeoutError extends Error {}

export function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TimeoutError(`no answer within ${String(timeoutMs)} ms`));
    }, timeoutMs);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error("the work failed", { cause: error }));
      },
    );
  });
}
