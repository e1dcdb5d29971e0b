/** A bar that moves with the microphone, so that people see that they are heard. */

import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { LevelReader, meterPosition, SilenceWatch } from "../level";
import { t } from "../texts/lookup";
import { View } from "./view";

const INTERVAL = 66; // ms: fifteen times a second is smooth enough for a bar
const PATIENCE = 4; // s: the hint about a dead microphone stands within five

/** Tells `silence` with true or false when the microphone falls silent for long, or speaks again. */
@customElement("hc-level-meter")
export class LevelMeter extends View {
  @property({ attribute: false }) track: MediaStreamTrack | undefined;

  #reader: LevelReader | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #watch = new SilenceWatch(PATIENCE);
  #silent = false;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#listen();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("track")) this.#listen();
  }

  protected override render(): TemplateResult {
    return html`<div
      class="level"
      role="meter"
      aria-label=${t("devices.level")}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow="0"
      data-testid="level-meter"
    >
      <div class="level-bar"></div>
    </div>`;
  }

  #listen(): void {
    this.#stop();
    if (this.track === undefined) return;
    this.#reader = new LevelReader(this.track);
    this.#timer = setInterval(() => this.#read(), INTERVAL);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#reader?.close();
    this.#reader = undefined;
    this.#watch = new SilenceWatch(PATIENCE);
    this.#tellSilence(false);
    this.#show(0);
  }

  #read(): void {
    const rms = this.#reader?.read();
    if (rms === undefined) return;
    this.#show(meterPosition(rms));
    this.#tellSilence(this.#watch.receiveLevel(rms, performance.now() / 1000));
  }

  // Past the template: fifteen times a second is no reason to compare templates.
  #show(position: number): void {
    const meter = this.querySelector<HTMLElement>(".level");
    const percent = String(Math.round(position * 100));
    meter?.setAttribute("aria-valuenow", percent);
    meter?.style.setProperty("--level", position.toFixed(3));
  }

  #tellSilence(silent: boolean): void {
    if (silent !== this.#silent) this.tell("silence", silent);
    this.#silent = silent;
  }
}
