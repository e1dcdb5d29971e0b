/** One person, or one shared screen, in the stage. */

import { html, nothing, svg, type TemplateResult } from "lit";

import type { Person, Quality } from "../call/roster";
import { t } from "../texts/lookup";
import { icon } from "./icons";
import { initialsOf } from "./initials";
import "./live-video";

const BARS: Readonly<Record<Quality, number>> = {
  excellent: 3,
  good: 2,
  poor: 1,
  lost: 0,
  unknown: 0,
};

export function personTile(person: Person): TemplateResult {
  const { name, local, microphone, speaking, quality, camera } = person;
  return html`<li
    class="tile ${local ? "own" : ""}"
    data-testid="tile"
    data-identity=${person.identity}
    data-local=${local}
    data-speaking=${speaking}
    data-microphone=${microphone ? "on" : "off"}
    data-camera=${camera === undefined ? "off" : "on"}
    data-quality=${quality}
  >
    ${
      camera === undefined
        ? html`<span class="avatar" aria-hidden="true">${initialsOf(name)}</span>`
        : html`<hc-live-video .track=${camera}></hc-live-video>`
    }
    <div class="tile-label">
      ${microphone ? nothing : icon("microphoneOff")}
      <span class="tile-name">${local ? t("call.you") : name}</span>
      ${bars(quality)}
      <span class="visually-hidden">${describe(person)}</span>
    </div>
  </li>`;
}

export function screenTile(person: Person): TemplateResult {
  const title = person.local ? t("call.yourScreen") : t("call.screenOf", { name: person.name });
  return html`<li class="tile screen" data-testid="screen-tile" data-identity=${person.identity}>
    <hc-live-video .track=${person.screen}></hc-live-video>
    <div class="tile-label">${icon("screen")}<span class="tile-name">${title}</span></div>
  </li>`;
}

function describe({ microphone, speaking, quality }: Person): string {
  const facts = [
    ...(microphone ? [] : [t("tile.microphoneOff")]),
    ...(speaking ? [t("tile.speaking")] : []),
    t(`quality.${quality}`),
  ];
  return `(${facts.join(", ")})`;
}

function bars(quality: Quality): TemplateResult {
  const heights = [4, 8, 12];
  return html`<svg class="bars" viewBox="0 0 14 14" aria-hidden="true" focusable="false">
    <title>${t(`quality.${quality}`)}</title>
    ${heights.map(
      (height, n) =>
        svg`<rect class=${n < BARS[quality] ? "full" : ""} x=${1 + n * 4.5} y=${13 - height} width="3" height=${height} rx="1"/>`,
    )}
  </svg>`;
}
