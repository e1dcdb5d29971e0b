/** The statistics that tests and measurements read, by the names of the W3C. */

export async function streams(report: RTCStatsReport | undefined, type: string) {
  const found: Record<string, unknown>[] = [];
  const codecs = new Map<string, string>();
  report?.forEach((entry) => {
    if (entry.type === 'codec') codecs.set(entry.id, entry.mimeType);
  });
  report?.forEach((entry) => {
    if (entry.type === type) found.push({ ...entry, mimeType: codecs.get(entry.codecId) });
  });
  return found;
}

/** The local candidates of the pairs in use. */
export function paths(report: RTCStatsReport | undefined): Record<string, unknown>[] {
  const used = new Set<string>();
  report?.forEach((entry) => {
    if (entry.type === 'candidate-pair' && entry.nominated) used.add(entry.localCandidateId);
  });
  const found: Record<string, unknown>[] = [];
  report?.forEach((entry) => {
    if (entry.type === 'local-candidate' && used.has(entry.id)) found.push({ ...entry });
  });
  return found;
}
