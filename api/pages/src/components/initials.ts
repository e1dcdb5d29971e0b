/** What stands in a tile for somebody without a picture. */

/** "Dr. Anna Maria Berg" is AB; scripts without capitals give their first letters too. */
export function initialsOf(name: string): string {
  const all = name.trim().split(/\s+/);
  const words = all.some((word) => !word.endsWith("."))
    ? all.filter((word) => !word.endsWith("."))
    : all;
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}
