/** Who waits to be let in, longest first. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { writeToWaiter } from "../../clinic/lobbychat";
import { minutesSince } from "../../clinic/meetings";
import type { Decision, Waiter } from "../../clinic/wait";
import { showTime } from "../../clinic/when";
import { t, tCount } from "../../texts/lookup";
import "./lobby-chat";

type Decide = (waiters: readonly Waiter[], decision: Decision) => void;
type Triaging = (waiter: Waiter) => void; // say how urgent it is

/** Who looks at the queue, to write to those in it. */
export interface Writer {
  readonly client: Client;
  readonly announcer: Announcer;
}

/** `now` in ms. Without `triage` whoever looks says nothing of how urgent it is. */
export function queue(
  waiting: readonly Waiter[],
  now: number,
  run: Decide,
  writer: Writer,
  triage: Triaging | undefined,
): TemplateResult {
  return html`<section class="section" aria-labelledby="queue-heading" data-testid="queue">
    <div class="page-head">
      <h2 id="queue-heading">${t("queue.heading")}</h2>
      ${waiting.length > 1 ? admitAll(waiting, run) : nothing}
    </div>
    ${
      waiting.length === 0
        ? html`<p class="lead">${t("queue.none")}</p>`
        : html`<ol class="rows">
            ${repeat(
              waiting,
              ({ participant }) => participant.id,
              (waiter) => row(waiter, now, run, writer, triage),
            )}
          </ol>`
    }
  </section>`;
}

function admitAll(waiting: readonly Waiter[], run: Decide): TemplateResult {
  return html`<button
    type="button"
    class="button small"
    data-testid="admit-all"
    @click=${() => run(waiting, "admit")}
  >
    ${t("queue.admitAll")}
  </button>`;
}

function row(
  waiter: Waiter,
  now: number,
  run: Decide,
  writer: Writer,
  triage: Triaging | undefined,
): TemplateResult {
  const { participant, startsAt, waitSeconds } = waiter;
  const waited = tCount("queue.waits", minutesSince(participant.waitingSince, now));
  const { priority } = waiter.triage;
  return html`<li class="row" data-testid="waiter" data-priority=${priority}>
    <div class="row-main">
      <h3>${participant.name}</h3>
      <p class="hint">
        ${t(`part.${participant.role}`)} ·
        ${t("queue.visitAt", { time: showTime(startsAt) })} · ${waited} ·
        ${tCount("queue.estimate", Math.round(waitSeconds / 60))}${skillOf(waiter)}
      </p>
    </div>
    ${priority === "routine" ? nothing : html`<span class="tag tag-${priority}">${t(`hq.priority.${priority}`)}</span>`}
    ${waiterActions(waiter, run, triage)} ${waiterMessages(waiter, writer)}
  </li>`;
}

/** What is written to somebody who waits, and what they write. */
export function waiterMessages(waiter: Waiter, { client, announcer }: Writer): TemplateResult {
  const { meetingId, participant, messages } = waiter;
  return html`<hc-lobby-chat
    .notes=${messages}
    .isHost=${true}
    .other=${participant.name ?? ""}
    .send=${(text: string) => writeToWaiter(client, meetingId, participant.id, text)}
    .announcer=${announcer}
  ></hc-lobby-chat>`;
}

function skillOf({ triage: { skill } }: Waiter): string {
  return skill === null ? "" : ` · ${t("hq.skill", { skill })}`;
}

/** Let somebody in, or not. */
export function waiterActions(waiter: Waiter, run: Decide, triage?: Triaging): TemplateResult {
  const name = waiter.participant.name ?? "";
  return html`<div class="row-actions">
    <button
      type="button"
      class="button small primary"
      aria-label=${t("queue.admitLong", { name })}
      data-testid="admit-button"
      @click=${() => run([waiter], "admit")}
    >
      ${t("queue.admit")}
    </button>
    <button
      type="button"
      class="button small"
      aria-label=${t("queue.denyLong", { name })}
      data-testid="deny-button"
      @click=${() => run([waiter], "deny")}
    >
      ${t("queue.deny")}
    </button>
    ${
      triage === undefined
        ? nothing
        : html`<button
            type="button"
            class="button small"
            aria-label=${t("triage.buttonLong", { name })}
            data-testid="triage-button"
            @click=${() => triage(waiter)}
          >
            ${t("triage.button")}
          </button>`
    }
  </div>`;
}
