// Owns: how long a property that costs a database is tried. Refuses to know the properties.

/**
 * So many runs in `npm test`; PROPERTY_TIMES multiplies them for a long search (`PROPERTY_TIMES=20 npx vitest run …`). Without a seed each run of the tests
 * tries other examples.
 */
export function propertyRuns(usual: number): number {
  return usual * Number(process.env["PROPERTY_TIMES"] ?? 1);
}
