// Owns: talking to the control API of the simulator. Refuses to know the scene, and the simulator's insides.
import { z } from "zod";
import { CliFailure } from "../cli-failure.ts";
import type { PlannedMessage } from "./scene-plan.ts";

export interface AcceptedSend {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  readonly acceptedAt: number;
  /** Our own id of the message, as it was sent along. */
  readonly messageId: string | undefined;
}

export interface DeliveredMessage {
  readonly deliveries: number;
  /** Deliveries that ended without a 200. */
  readonly undelivered: number;
}

export interface SimulatorClient {
  /** Resolves when every webhook had its 200, or was given up. */
  write(
    messages: readonly PlannedMessage[],
    how: { readonly copies: number; readonly shuffle: boolean },
  ): Promise<readonly DeliveredMessage[]>;
  /** What was accepted after the send `after`; waits up to `waitMs` for the first. */
  listSends(query: { readonly since: Date; readonly after: string | undefined; readonly waitMs: number }): Promise<readonly AcceptedSend[]>;
}

const inboundAnswer = z.object({
  data: z.array(z.object({ deliveries: z.array(z.object({ state: z.string(), status: z.number().optional() })) })),
});
const outboxAnswer = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      to: z.string().optional(),
      acceptedAt: z.string(),
      body: z.object({
        text: z.object({ body: z.string() }).optional(),
        type: z.string().optional(),
        biz_opaque_callback_data: z.string().optional(),
      }),
    }),
  ),
});
const REQUEST_LIMIT_MS = 90_000;

export function createSimulatorClient(deps: { readonly url: string; readonly phoneNumberId: string | undefined }): SimulatorClient {
  async function ask<T>(path: string, answer: z.ZodType<T>, body?: unknown): Promise<T> {
    const target = new URL(path, deps.url);
    const init = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(target, { ...init, signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }).catch((cause: unknown) => {
      throw new CliFailure(
        `The simulator does not answer at ${deps.url}: start it with \`onethread start --demo\`, or name it with --simulator-url.`,
        1,
        { cause },
      );
    });
    if (!response.ok)
      throw new CliFailure(
        `The simulator refused ${path.split("?")[0] ?? path} (${String(response.status)}): ${(await response.text()).slice(0, 300)}`,
      );
    return answer.parse(await response.json());
  }

  return {
    async write(messages, { copies, shuffle }) {
      const { data } = await ask("/sim/inbound", inboundAnswer, {
        ...(deps.phoneNumberId === undefined ? {} : { phoneNumberId: deps.phoneNumberId }),
        messages: messages.map(({ customer, text }) => ({ from: customer.phone, name: customer.name, text })),
        deliver: { copies, shuffle, concurrency: 16 },
      });
      return data.map(({ deliveries }) => ({
        deliveries: deliveries.length,
        undelivered: deliveries.filter(({ status }) => status !== 200).length,
      }));
    },
    async listSends({ since, after, waitMs }) {
      const query = new URLSearchParams({ since: since.toISOString(), atLeast: "1", waitMs: String(waitMs), limit: "1000" });
      if (after !== undefined) query.set("after", after);
      const { data } = await ask(`/sim/outbox?${query.toString()}`, outboxAnswer);
      return data.map(({ id, to, acceptedAt, body }) => ({
        id,
        to: to ?? "",
        text: body.text?.body ?? `(${body.type ?? "unknown"})`,
        acceptedAt: Date.parse(acceptedAt),
        messageId: body.biz_opaque_callback_data,
      }));
    },
  };
}
