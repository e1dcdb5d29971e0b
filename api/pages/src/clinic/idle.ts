/** When somebody who does nothing is asked whether they are still there, and when signed out.
 *
 * The server ends a session after 15 minutes without a request of a person's. It hears of activity
 * once a minute, and notes it once a minute: the page must be two minutes faster to ask before.
 */

const MINUTE = 60_000; // ms
export const WARNED = 12 * MINUTE;
export const OVER = 13 * MINUTE;
const TOLD = MINUTE; // the server hears of activity at most so often

export type Idleness = "active" | "warned" | "over";

/** Times are in ms, by whatever clock. */
export class Idle {
  #seen: number;
  #told: number;

  constructor(now: number) {
    this.#seen = now;
    this.#told = now;
  }

  /** Somebody did something. True when it is time to tell the server. */
  receiveActivity(now: number): boolean {
    this.#seen = now;
    if (now - this.#told < TOLD) return false;
    this.#told = now;
    return true;
  }

  state(now: number): Idleness {
    const idle = now - this.#seen;
    return idle >= OVER ? "over" : idle >= WARNED ? "warned" : "active";
  }

  /** ms until `state` may be another one; undefined once it is over. */
  nextChange(now: number): number | undefined {
    const idle = now - this.#seen;
    if (idle >= OVER) return undefined;
    return (idle >= WARNED ? OVER : WARNED) - idle;
  }

  /** Whole seconds until it is over. */
  left(now: number): number {
    return Math.max(0, Math.ceil((OVER - (now - this.#seen)) / 1000));
  }
}
