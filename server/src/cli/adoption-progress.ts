// Owns: how a long run shows how far it is: a bar for a person, a line now and then for a log. Refuses to know what is counted.
import type { Terminal } from "./terminal.ts";

const BAR_WIDTH = 30;
const STEPS = 20;
/** One line up, and empty it: the terminal only knows whole lines. */
const REDRAW = "\u001B[1A\u001B[2K";

export function createAdoptionProgress(terminal: Terminal): (done: number, total: number) => void {
  let shown = -1;
  let hasBar = false;
  return (done, total) => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (terminal.isWatched) {
      const full = Math.round(share * BAR_WIDTH);
      const bar = `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}`;
      terminal.print(
        `${hasBar ? REDRAW : ""}${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${String(done)} of ${String(total)} rows`,
      );
      hasBar = true;
      return;
    }
    const step = Math.floor(share * STEPS);
    if (step === shown) return;
    shown = step;
    terminal.complain(`${String(done)} of ${String(total)} rows`);
  };
}
