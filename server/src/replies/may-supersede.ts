// Owns: how often in a row a newer message takes the place of an answer that is being written. Pure.
const MOST_IN_A_ROW = 2;

/** False after so many superseded turns: then this one answers, whatever comes, even while the customer is still writing. */
export function maySupersede(supersededSince: number): boolean {
  return supersededSince < MOST_IN_A_ROW;
}
