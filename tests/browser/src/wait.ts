/** Wait for things that happen in the page, with an end to the patience. */

const PACE = 20; // milliseconds between two looks

export async function until<T>(
  look: () => T | undefined | null | false,
  what: string | (() => string),
  timeout: number,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > deadline) {
      const text = typeof what === 'string' ? what : what();
      throw new Error(`${text}: not within ${timeout} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
}
