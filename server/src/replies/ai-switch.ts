// Owns: whether the AI answers at all in this installation. Off: every turn ends as skipped, and nothing that is said in the meantime is answered later.
import type { Database } from "../db/database.ts";
import { findAiSwitchAcrossBusinesses, setAiSwitchAcrossBusinesses } from "./ai-switch.queries.ts";

export interface AiSwitchState {
  readonly isOn: boolean;
  readonly reason: string | null;
  /** Null: nobody has ever touched it, and it is on. */
  readonly changedAt: Date | null;
}

export interface AiSwitch {
  read(): Promise<AiSwitchState>;
  /** Idempotent. */
  set(isOn: boolean, reason: string | null): Promise<AiSwitchState>;
}

export function createAiSwitch({ database }: { readonly database: Database }): AiSwitch {
  const db = database.acrossBusinesses;
  return {
    async read() {
      const [row] = await db.run(findAiSwitchAcrossBusinesses, {});
      return row === undefined
        ? { isOn: true, reason: null, changedAt: null }
        : { isOn: row.is_on, reason: row.reason, changedAt: row.changed_at };
    },
    async set(isOn, reason) {
      const [row] = await db.run(setAiSwitchAcrossBusinesses, { isOn, reason });
      if (row === undefined) throw new Error("the switch answered no row");
      return { isOn: row.is_on, reason: row.reason, changedAt: row.changed_at };
    },
  };
}
