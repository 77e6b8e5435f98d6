// Owns: that a change which waited for its person is applied once they are known, and then those that waited for it. What fails stays parked, for the next
// time or a replay: it decides over nothing that is durable, nor over other changes. Refuses to know: what a change does to a thread.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { type ChangeIdentity, peopleOfChange } from "./change-identities.ts";
import type { IngestItem } from "./ingest-item.ts";
import { type Change, type ParkedChange, type ParkedChanges, type AwaitedPerson, waitsForOf } from "./parked-changes.ts";

interface ApplyParkedDeps {
  readonly parkedChanges: ParkedChanges;
  /** False: it is not stored. */
  readonly storeChange: (item: IngestItem) => Promise<boolean>;
  readonly changeIdentity: ChangeIdentity;
  readonly log: Log;
}

/** Rows of the raw log; never throws. */
export type ApplyParked = (find: () => Promise<readonly string[]>) => Promise<void>;

function peopleOf(change: Change): readonly AwaitedPerson[] {
  if (change.kind === "told") return peopleOfChange(change);
  const { businessId } = change.item;
  return waitsForOf(change.item).map((label) => ({ businessId, label }));
}

export function createApplyParked({ parkedChanges, storeChange, changeIdentity, log }: ApplyParkedDeps): ApplyParked {
  async function unlessItFails(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "identity.parked-not-applied");
      return false;
    }
  }

  const apply = ({ change }: ParkedChange): Promise<boolean> =>
    change.kind === "message" ? storeChange(change.item) : changeIdentity(change);

  /** Answers who may be known by now. */
  async function applyOnce(parked: readonly ParkedChange[]): Promise<readonly AwaitedPerson[]> {
    const failed = new Set<string>();
    const applied: ParkedChange[] = [];
    for (const one of parked) {
      if (await unlessItFails(() => apply(one))) applied.push(one);
      else failed.add(one.logId);
    }
    const rows = new Map(applied.map((one) => [one.logId, one]));
    for (const [logId, { markApplied }] of rows) {
      if (!failed.has(logId)) await unlessItFails(() => markApplied().then(() => true));
    }
    return applied.flatMap(({ change }) => peopleOf(change));
  }

  return async (find) => {
    await unlessItFails(async () => {
      const tried = new Set<string>();
      for (let ids = await find(); ids.length > 0;) {
        for (const id of ids) tried.add(id);
        const people = await applyOnce(await parkedChanges.read(ids));
        ids = (await parkedChanges.listWaitingFor(people)).filter((id) => !tried.has(id));
      }
      return true;
    });
  };
}
