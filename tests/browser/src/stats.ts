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
