/** Ask again and again, without two questions at once, and seldom while nobody looks. */

const HIDDEN = 5; // times the pause, while the page is not seen

/** Begins at once; `stop` ends it. `ask` must not raise. */
export class Poll {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = true;

  constructor(
    private readonly ask: () => Promise<void>,
    private readonly pause: number, // ms between an answer and the next question
  ) {
    document.addEventListener("visibilitychange", this.#seen);
    void this.#go();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  async #go(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.ask();
    if (!this.#running) return;
    const pause = document.hidden ? this.pause * HIDDEN : this.pause;
    this.#timer = setTimeout(() => void this.#go(), pause);
  }

  /** Who looks again sees what is now. */
  readonly #seen = (): void => {
    if (!document.hidden && this.#timer !== undefined) void this.#go();
  };
}
