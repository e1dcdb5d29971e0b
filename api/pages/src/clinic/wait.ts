/** Coming into a visit: let in at once, or after a wait that somebody ends. */

import { socketAddress, type Admission } from "../admission";
import type { Client } from "./client";
import type { Triage } from "./hq";
import type { Note } from "./lobbychat";
import { OVER, type AdmissionState, type Meeting, type Participant, type Status } from "./meetings";
import { Problem } from "./problem";

export type Decision = "admit" | "deny" | "put-back";

/** Where one stands. */
export interface Place {
  readonly status: Status; // of the visit
  readonly admission: AdmissionState;
  readonly position: number | null; // 1: next; null: one does not wait
  readonly waitSeconds: number | null; // probably
  readonly message: string | null; // what the clinic says to all who wait
  readonly messages: readonly Note[]; // with the hosts
}

/** Somebody who waits, as hosts see it. */
export interface Waiter {
  readonly meetingId: string;
  readonly startsAt: string;
  readonly participant: Participant;
  readonly waitSeconds: number; // that it will probably take yet
  readonly messages: readonly Note[]; // with the hosts
  readonly triage: Triage;
}

interface Ticket {
  readonly url: string | null; // null: the page's own host
  readonly token: string;
}

const PATIENCE = 25; // seconds that the server may hold a question until there is news
const PAUSE = 1000; // ms before the next question: a server that holds none is not flooded
export const WAITING: ReadonlySet<AdmissionState> = new Set(["waiting", "put_back"]);

/** A token for the room of a visit. Raises `Problem`. `page` is the address of this page. */
export async function askToken(client: Client, meetingId: string, page: string): Promise<Admission> {
  const body = { meetingId };
  const { token, url } = await client.ask<Ticket>("POST", "/livekit/token", { body });
  return { token, url: socketAddress(url ?? "", page) };
}

/** All who wait, longest first; answered when that, or anything of a visit, has changed since the
 * last time, or at once for who asks for the first time. Keeps nobody signed in. */
export async function watchWaiting(
  client: Client,
  signal: AbortSignal,
  fresh: boolean,
): Promise<Waiter[]> {
  const how = { again: true, unattended: true, signal, fresh };
  const { items } = await client.ask<{ items: Waiter[] }>("GET", `/waiting?wait=${PATIENCE}`, how);
  return items;
}

export async function decide(
  client: Client,
  meetingId: string,
  { id }: Participant,
  decision: Decision,
): Promise<Meeting> {
  const path = `/meetings/${meetingId}/participants/${id}/${decision}`;
  return client.ask<Meeting>("POST", path);
}

/** From the waiting room: whether camera and microphone work. */
export async function sayReady(
  client: Client,
  meetingId: string,
  devices: { readonly camera: boolean; readonly microphone: boolean },
): Promise<void> {
  const how = { body: devices, unattended: true };
  await client.ask("PUT", `/meetings/${meetingId}/place/devices`, how);
}

/** Dispatches `change` when one's place is another one. */
export class Wait extends EventTarget {
  #place: Place | undefined;
  #left = new AbortController();

  /** `page` is the address of this page. */
  constructor(
    private readonly client: Client,
    private readonly meetingId: string,
    private readonly page: string,
    private readonly pause = PAUSE,
  ) {
    super();
  }

  /** While one waits. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Resolves when one is let in. Raises `Problem`, of the kind `left` after `stop`. */
  async enter(): Promise<Admission> {
    this.#left = new AbortController();
    const { signal } = this.#left;
    try {
      let place = await this.client.ask<Place>("POST", this.#path);
      while (waits(place)) {
        this.#set(place);
        await passed(this.pause);
        place = await this.#look(signal, place);
      }
      if (OVER.has(place.status)) throw new Problem(409, "meeting_over");
      if (place.admission === "denied") throw new Problem(403, "denied");
      return await askToken(this.client, this.meetingId, this.page);
    } catch (error) {
      throw signal.aborted ? new Problem(0, "left") : error;
    } finally {
      this.#set(undefined);
    }
  }

  /** Goes away from the waiting room. */
  stop(): void {
    if (this.#place === undefined) return;
    this.#left.abort();
    this.client.ask("DELETE", this.#path).catch(() => undefined); // who does not come is not missed
  }

  /** Whether one was put back, or waits still. */
  async isAwaited(): Promise<boolean> {
    const place = await this.client.ask<Place>("GET", this.#path).catch(() => undefined);
    return place !== undefined && waits(place);
  }

  get #path(): string {
    return `/meetings/${this.meetingId}/place`;
  }

  /** Answered when there is news. A network that fails for a moment ends no wait. */
  async #look(signal: AbortSignal, known: Place): Promise<Place> {
    const path = `${this.#path}?wait=${PATIENCE}`;
    try {
      return await this.client.ask<Place>("GET", path, { again: true, signal });
    } catch (error) {
      if (!signal.aborted && error instanceof Problem && isPassing(error)) return known;
      throw error;
    }
  }

  #set(place: Place | undefined): void {
    this.#place = place;
    this.dispatchEvent(new Event("change"));
  }
}

function waits({ status, admission }: Place): boolean {
  return WAITING.has(admission) && !OVER.has(status);
}

function isPassing({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

async function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
