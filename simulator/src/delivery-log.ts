// Owns the memory of webhook deliveries, bounded in entries and in bytes. Knows nothing of how they are made.

export interface DeliveryTry {
  readonly at: string;
  readonly url: string;
  readonly ms: number;
  readonly status?: number;
  readonly error?: string;
}

export interface Delivery {
  readonly id: string;
  /** Message or status ids inside. */
  readonly ids: readonly string[];
  readonly body: string;
  readonly createdAt: string;
  /** The delivery that this one repeats. */
  readonly repeats?: string;
  state: "pending" | "delivered" | "gave_up" | "cancelled";
  attempts: number;
  /** The last attempts, at most 20. */
  readonly tries: DeliveryTry[];
}

export interface DeliveryLog {
  readonly add: (delivery: Delivery) => void;
  readonly find: (id: string) => Delivery | undefined;
  /** Newest last. */
  readonly list: (filter: { readonly limit?: number; readonly state?: string; readonly messageId?: string }) => readonly Delivery[];
  readonly size: () => number;
  readonly clear: () => void;
}

export function createDeliveryLog(limits: { readonly entries: number; readonly bytes: number }): DeliveryLog {
  const deliveries = new Map<string, Delivery>();
  let bytes = 0;
  const dropOldest = (): void => {
    const oldest = deliveries.values().next().value;
    if (oldest === undefined) return;
    deliveries.delete(oldest.id);
    bytes -= oldest.body.length;
  };
  return {
    add(delivery) {
      deliveries.set(delivery.id, delivery);
      bytes += delivery.body.length;
      while (deliveries.size > limits.entries || (bytes > limits.bytes && deliveries.size > 1)) dropOldest();
    },
    find: (id) => deliveries.get(id),
    list({ limit = 1000, state, messageId }) {
      const matching = [...deliveries.values()].filter(
        (delivery) => (state === undefined || delivery.state === state) && (messageId === undefined || delivery.ids.includes(messageId)),
      );
      return limit === 0 ? [] : matching.slice(-limit);
    },
    size: () => deliveries.size,
    clear() {
      deliveries.clear();
      bytes = 0;
    },
  };
}
