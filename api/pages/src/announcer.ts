/** Say things to people who do not see the screen: one polite live region for the whole page.
 *
 * Every text is a paragraph of its own that stays for a while: readers of the region speak what
 * is added, and nothing is lost when two things happen at once.
 */

export interface Announcement {
  readonly number: number; // of all that were said on this page: never given twice
  readonly text: string;
}

const KEPT = 20;

export class Announcer {
  #number = 0;
  #kept: readonly Announcement[] = [];
  #show: (kept: readonly Announcement[]) => void = () => undefined;

  /** `show` is told all that stands in the region, oldest first. */
  showIn(show: (kept: readonly Announcement[]) => void): void {
    this.#show = show;
    show(this.#kept);
  }

  say(text: string): void {
    this.#number += 1;
    this.#kept = [...this.#kept, { number: this.#number, text }].slice(-KEPT);
    this.#show(this.#kept);
  }
}
