/** What people say to being recorded: the text, their answers, and what follows from them now. */

import { Poll } from "../poll";
import type { Client } from "./client";
import type { Participant } from "./meetings";

export const SCOPES = ["audio", "video", "transcript", "ai"] as const;
export type Scope = (typeof SCOPES)[number];
export type Answers = Readonly<Partial<Record<Scope, boolean>>>;

export const METHODS = ["voice", "signature"] as const; // of what a host notes
export type Method = (typeof METHODS)[number];

export interface Policy {
  readonly version: number;
  readonly language: string; // BCP 47, of the text
  readonly text: string;
  readonly hash: string;
}

export interface Receipt {
  readonly number: number; // within the visit: the newest counts
  readonly kind: Participant["kind"];
  readonly subjectId: string;
  readonly scopes: readonly Scope[];
  readonly given: boolean;
  readonly policyVersion: number;
}

export interface Consents {
  readonly recordable: boolean; // else nobody need be asked
  readonly policyVersion: number; // of the text in force
  readonly participants: readonly {
    readonly participantId: string;
    readonly mayRecord: readonly Scope[];
  }[];
  readonly receipts: readonly Receipt[];
}

/** Whose answer it is: by the person themselves, or as a host has heard or read it. */
export interface Noted {
  readonly participantId: string;
  readonly method: Method;
}

const PATIENCE = 25; // seconds that the server may hold a question until there is news
const PAUSE = 500; // ms between an answer and the next question

/** In the language wanted, or the nearest that the clinic has. */
export async function readPolicy(client: Client, language: string): Promise<Policy> {
  return client.ask<Policy>("GET", `/consent/policy?language=${language}`);
}

/** Answered when something has changed since the last time, or at once for who asks for the first
 * time. Keeps nobody signed in. */
export async function watchConsents(
  client: Client,
  meetingId: string,
  signal: AbortSignal,
  fresh: boolean,
): Promise<Consents> {
  const path = `/meetings/${meetingId}/consent?wait=${PATIENCE}`;
  return client.ask<Consents>("GET", path, { again: true, unattended: true, signal, fresh });
}

/** Dispatches `change` when one's own answers, or the text, are others. */
export class ConsentWatch extends EventTarget {
  consents: Consents | undefined;
  readonly #left = new AbortController();
  readonly #poll: Poll;

  constructor(
    private readonly client: Client,
    private readonly meetingId: string,
  ) {
    super();
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  stop(): void {
    this.#poll.stop();
    this.#left.abort();
  }

  async #look(): Promise<boolean> {
    try {
      const fresh = this.consents === undefined;
      const { signal } = this.#left;
      const consents = await watchConsents(this.client, this.meetingId, signal, fresh);
      const changed = consents !== this.consents;
      this.consents = consents;
      if (changed) this.dispatchEvent(new Event("change"));
      return true;
    } catch {
      return false; // what is known stays: nobody is recorded by it
    }
  }
}

/** As it is now. Keeps nobody signed in. */
export async function lookAtConsents(client: Client, meetingId: string): Promise<Consents> {
  const how = { again: true, unattended: true };
  return client.ask<Consents>("GET", `/meetings/${meetingId}/consent`, how);
}

/** One receipt for what is agreed to, one for what is not. Raises `Problem`. */
export async function sayConsent(
  client: Client,
  meetingId: string,
  policy: Policy,
  answers: Answers,
  noted?: Noted,
): Promise<void> {
  for (const given of [true, false]) {
    const scopes = SCOPES.filter((scope) => answers[scope] === given);
    if (scopes.length === 0) continue;
    const text = { policyVersion: policy.version, policyHash: policy.hash, language: policy.language };
    const body = { meetingId, scopes, given, ...text, ...noted };
    await client.ask("POST", "/video/consent-log", { body });
  }
}

/** The newest word of somebody on each scope. A yes to an earlier text is none any more. */
export function answersOf(
  { receipts, policyVersion }: Consents,
  { kind, subjectId }: Pick<Participant, "kind" | "subjectId">,
): Answers {
  const answers: Partial<Record<Scope, boolean>> = {};
  const own = receipts.filter((one) => one.kind === kind && one.subjectId === subjectId);
  for (const { scopes, given, policyVersion: version } of [...own].sort(byNumber)) {
    for (const scope of scopes) {
      if (given && version !== policyVersion) delete answers[scope];
      else answers[scope] = given;
    }
  }
  return answers;
}

/** What differs from what was said before: the rest need not be said again. */
export function news(before: Answers, now: Answers): Answers {
  return Object.fromEntries(
    SCOPES.filter((scope) => now[scope] !== undefined && now[scope] !== before[scope]).map(
      (scope) => [scope, now[scope]],
    ),
  );
}

export function isAnswered(answers: Answers): boolean {
  return SCOPES.every((scope) => answers[scope] !== undefined);
}

export function mayRecord({ participants }: Consents, participantId: string): readonly Scope[] {
  return participants.find((one) => one.participantId === participantId)?.mayRecord ?? [];
}

function byNumber(one: Receipt, other: Receipt): number {
  return one.number - other.number;
}
