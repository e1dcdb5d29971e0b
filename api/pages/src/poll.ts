/** Ask again and again, without two questions at once, and seldom while nobody looks. */

const HIDDEN = 5; // times the pause, while the page is not seen
const FAILED = 5000; // ms at least, after a question that had no answer

/** Begins at once; `stop` ends it. `ask` must not raise; it says false when it did not work. */
export class Poll {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = true;

  constructor(
    private readonly ask: () => Promise<boolean>,
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
    const worked = await this.ask();
    if (!this.#running) return;
    const usual = document.hidden ? this.pause * HIDDEN : this.pause;
    const pause = worked ? usual : Math.max(usual, FAILED);
    this.#timer = setTimeout(() => void this.#go(), pause);
  }

  /** Who looks again sees what is now. */
  readonly #seen = (): void => {
    if (!document.hidden && this.#timer !== undefined) void this.#go();
  };
}
