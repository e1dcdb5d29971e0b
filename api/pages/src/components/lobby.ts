/** Before the call: a name, a look at oneself, and the choice of devices. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Capture, Kind } from "../capture";
import { listDevices, watchDevices, type Device, type Devices } from "../devices";
import type { Problem } from "../problems";
import { t } from "../texts/lookup";
import "./device-select";
import { onwardButton, type Onward } from "./farewell";
import { icon } from "./icons";
import { masthead } from "./language-menu";
import "./level-meter";
import { notice } from "./notice";
import { View } from "./view";

const NO_DEVICES: Devices = { cameras: [], microphones: [], speakers: [] };

export function namelessDevice(kind: MediaDeviceKind, number: number): string {
  const names = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" } as const;
  return t("devices.numbered", { kind: t(`devices.${names[kind]}`), number });
}

/** Tells `join` with the name. */
@customElement("hc-lobby")
export class Lobby extends View {
  @property({ attribute: false }) capture!: Capture;
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) joining = false;
  @property({ attribute: false }) known: string | undefined; // a name that is not asked for
  @property({ attribute: false }) host: string | undefined; // whose visit it is
  @property({ attribute: false }) failure: string | undefined; // why joining did not succeed
  @property({ attribute: false }) waiting: TemplateResult | undefined; // for who waits to be let in
  @property({ attribute: false }) below: TemplateResult | typeof nothing = nothing; // the card
  @property({ attribute: false }) onward: Onward | undefined;
  @state() private devices = NO_DEVICES;
  @state() private nameMissing = false;
  @state() private silent = false;

  #left = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    this.capture.addEventListener("change", () => this.#refresh(), { signal });
    watchDevices(() => this.#refresh(), signal);
    this.#refresh();
    void this.capture.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
  }

  protected override updated(changed: PropertyValues<this>): void {
    const waited = changed.get("waiting") !== undefined;
    // The button that had the focus is gone, or is there again.
    if (changed.has("waiting") && waited !== (this.waiting !== undefined)) {
      this.querySelector<HTMLElement>("h1")?.focus();
    }
    const video = this.querySelector("video");
    const { track } = this.capture.camera;
    if (video === null || showsTrack(video, track)) return;
    video.srcObject = track === undefined ? null : new MediaStream([track]);
  }

  protected override render(): TemplateResult {
    return html`<main class="lobby">
      ${masthead(this.host ?? t("page.product"))}
      <div class="lobby-card">
        ${this.#preview()}
        <form class="lobby-form" novalidate @submit=${this.#submit}>
          <h1 tabindex="-1">${t(this.waiting === undefined ? "lobby.heading" : "wait.room")}</h1>
          ${this.waiting ?? html`<p class="lead">${t("lobby.intro")}</p>`} ${this.#nameField()} ${this.#deviceFields()}
          ${
            this.failure === undefined
              ? nothing
              : notice({
                  tone: "error",
                  text: this.failure,
                  testid: "error-message",
                })
          }
          ${this.waiting === undefined ? this.#joinButton() : nothing}
          ${this.onward === undefined ? nothing : onwardButton(this.onward)}
          <p class="hint">${t("lobby.withoutDevices")}</p>
        </form>
      </div>
      ${this.below}
    </main>`;
  }

  #joinButton(): TemplateResult {
    return html`<button
      type="submit"
      class="button primary large"
      data-testid="join-button"
      aria-disabled=${this.joining}
    >
      ${t(this.joining ? "lobby.joining" : "lobby.join")}
    </button>`;
  }

  #preview(): TemplateResult {
    const { camera, microphone } = this.capture;
    return html`<section class="preview" aria-label=${t("lobby.preview")}>
      <div class="preview-frame">
        <video
          class="mirrored"
          autoplay
          playsinline
          .muted=${true}
          aria-hidden="true"
          tabindex="-1"
          ?hidden=${camera.track === undefined}
          data-testid="preview"
        ></video>
        ${
          camera.track !== undefined
            ? nothing
            : html`<p class="preview-text">
                ${icon("cameraOff")}
                ${t(camera.asking ? "devices.cameraAsking" : "devices.cameraOff")}
              </p>`
        }
        <div class="preview-controls">
          ${this.#toggle("microphone", microphone.wanted && microphone.problem === undefined)}
          ${this.#toggle("camera", camera.wanted && camera.problem === undefined)}
        </div>
      </div>
      ${this.#problems()}
    </section>`;
  }

  #toggle(kind: Kind, on: boolean): TemplateResult {
    const labels = {
      microphone: on ? t("control.muteLong") : t("control.unmuteLong"),
      camera: on ? t("control.cameraStopLong") : t("control.cameraStartLong"),
    };
    return html`<button
      type="button"
      class="control ${on ? "" : "off"}"
      aria-label=${labels[kind]}
      title=${labels[kind]}
      data-testid=${kind === "camera" ? "camera-toggle" : "mic-toggle"}
      data-on=${on}
      @click=${() => this.capture.setWanted(kind, !on)}
    >
      ${icon(on ? kind : `${kind}Off`)}
    </button>`;
  }

  #problems(): TemplateResult {
    const { camera, microphone } = this.capture;
    const problems =
      camera.problem === microphone.problem
        ? this.#problem("both", camera.problem)
        : html`${this.#problem("camera", camera.problem)}
          ${this.#problem("microphone", microphone.problem)}`;
    return html`${problems}
    ${this.silent ? notice({ tone: "warning", text: t("devices.silent"), testid: "silent-microphone" }) : nothing}`;
  }

  #problem(kinds: Kind | "both", problem: Problem | undefined): TemplateResult | typeof nothing {
    if (problem === undefined) return nothing;
    const look = { tone: "warning", testid: "device-problem" } as const;
    if (problem === "insecure") return notice({ ...look, text: t("problem.insecure") });
    return notice({
      ...look,
      text: t(`problem.${kinds}.${problem}`),
      action: { label: t("problem.retry"), run: () => void this.#retry(kinds) },
    });
  }

  async #retry(kinds: Kind | "both"): Promise<void> {
    if (kinds === "both") await this.capture.start();
    else await this.capture.setWanted(kinds, true);
  }

  #nameField(): TemplateResult {
    if (this.known !== undefined) {
      return html`<p data-testid="known-name">${t("lobby.known", { name: this.known })}</p>`;
    }
    return html`<label class="field">
      <span class="field-label">${t("lobby.name")}</span>
      <input
        type="text"
        name="name"
        autocomplete="name"
        maxlength="100"
        required
        .value=${this.name}
        aria-describedby="name-hint"
        aria-invalid=${this.nameMissing}
        data-testid="name-input"
      />
      <span id="name-hint" class="hint ${this.nameMissing ? "wrong" : ""}">
        ${t(this.nameMissing ? "lobby.nameMissing" : "lobby.nameHint")}
      </span>
    </label>`;
  }

  #deviceFields(): TemplateResult {
    return html`${this.#select("camera", this.devices.cameras)}
      ${this.#select("microphone", this.devices.microphones)}
      <div class="field">
        <hc-level-meter
          .track=${this.capture.microphone.track}
          @silence=${(event: CustomEvent<boolean>) => (this.silent = event.detail)}
        ></hc-level-meter>
        <span class="hint">${t("devices.speak")}</span>
      </div>`;
  }

  #select(kind: Kind, devices: readonly Device[]): TemplateResult {
    const { track, deviceId } = this.capture[kind];
    return html`<hc-device-select
      .kind=${kind}
      .devices=${devices}
      .chosen=${track?.getSettings().deviceId ?? deviceId}
      @choose=${(event: CustomEvent<string>) => this.capture.setDevice(kind, event.detail)}
    ></hc-device-select>`;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.known !== undefined) {
      if (!this.joining) this.tell("join", this.known);
      return;
    }
    const field = this.querySelector<HTMLInputElement>("input[name=name]");
    const name = field?.value.trim() ?? "";
    this.nameMissing = name === "";
    if (this.nameMissing) field?.focus();
    else if (!this.joining) this.tell("join", name);
  }

  #refresh(): void {
    this.requestUpdate();
    // Names of devices are known once the browser has been allowed to use one.
    void listDevices(namelessDevice).then((devices) => (this.devices = devices));
  }
}

function showsTrack(video: HTMLVideoElement, track: MediaStreamTrack | undefined): boolean {
  const shown = video.srcObject instanceof MediaStream ? video.srcObject.getTracks()[0] : undefined;
  return shown === track;
}
