// Owns: applying a change that waited for its person, once they are known, and then what waited for that change. What fails stays parked until the next
// occasion or a replay: it undoes nothing that is durable, and holds up no other change. Refuses to know: what a change does to a thread.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { type ChangeIdentity, peopleOfChange } from "./change-identities.ts";
import type { IngestItem } from "./ingest-item.ts";
import { type Change, type ParkedChange, type ParkedChanges, type AwaitedPerson, peopleOfItem } from "./parked-changes.ts";

interface ApplyParkedDeps {
  readonly parkedChanges: ParkedChanges;
  /** False: it is not stored. */
  readonly storeChange: (item: IngestItem) => Promise<boolean>;
  readonly changeIdentity: ChangeIdentity;
  readonly log: Log;
}

/** Rows of the raw log; never throws. */
export type ApplyParked = (find: () => Promise<readonly string[]>) => Promise<void>;

const peopleOf = (change: Change): readonly AwaitedPerson[] =>
  change.kind === "message" ? peopleOfItem(change.item) : peopleOfChange(change);

export function createApplyParked({ parkedChanges, storeChange, changeIdentity, log }: ApplyParkedDeps): ApplyParked {
  /** A failure is logged. */
  async function succeeds(work: () => Promise<boolean>): Promise<boolean> {
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
      if (await succeeds(() => apply(one))) applied.push(one);
      else failed.add(one.logId);
    }
    const rows = new Map(applied.map((one) => [one.logId, one]));
    for (const [logId, { markApplied }] of rows) {
      if (!failed.has(logId)) await succeeds(() => markApplied().then(() => true));
    }
    return applied.flatMap(({ change }) => peopleOf(change));
  }

  return async (find) => {
    await succeeds(async () => {
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
