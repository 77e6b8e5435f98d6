// Owns: waiting for something that gives no signal of its own (a row in the database, a port): asks again and again until it holds.

const INTERVAL_MS = 15;

/** Answers the first value that fits; fails with the last one when the time is up. What `read` throws counts as "not yet". */
export async function eventually<T>(
  read: () => Promise<T> | T,
  fits: (value: T) => boolean,
  { what, withinMs = 20_000 }: { readonly what: string; readonly withinMs?: number },
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const last = await settle(read);
    if ("value" in last && fits(last.value)) return last.value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${String(withinMs)} ms; at last ${JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

async function settle<T>(read: () => Promise<T> | T): Promise<{ readonly value: T } | { readonly error: string }> {
  try {
    return { value: await read() };
  } catch (error) {
    return { error: String(error) };
  }
}
