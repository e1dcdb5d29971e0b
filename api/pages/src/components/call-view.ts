/** The call on the screen: stage, chat, messages and controls. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Call, Trouble } from "../call/call";
import { listDevices, watchDevices, type Devices } from "../devices";
import { actionOf, type Action } from "../shortcuts";
import { t } from "../texts/lookup";
import "./chat-panel";
import { controls } from "./controls";
import "./invitation-link";
import type { InvitationLink } from "./invitation-link";
import { namelessDevice } from "./lobby";
import { notice } from "./notice";
import "./settings";
import type { DeviceChoice, Settings } from "./settings";
import "./stage";
import { View } from "./view";

/** Tells `choose` with a `DeviceChoice` and `copied` when the invitation is in the clipboard. */
@customElement("hc-call")
export class CallView extends View {
  @property({ attribute: false }) call!: Call;
  @property({ attribute: false }) link = ""; // none: nobody is invited from here
  @property({ attribute: false }) aside: TemplateResult | typeof nothing = nothing;
  @state() private devices: Devices = { cameras: [], microphones: [], speakers: [] };

  #left = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    this.call.addEventListener("change", () => this.requestUpdate(), { signal });
    document.addEventListener("keydown", (event) => this.#press(event), { signal });
    watchDevices(() => void this.#listDevices(), signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
  }

  protected override render(): TemplateResult {
    const { call } = this;
    const { chat } = call;
    return html`<div class="call" ?data-chat=${chat.open}>
      <main class="call-main">
        <h1 class="visually-hidden" tabindex="-1">${t("call.heading")}</h1>
        <div class="notices">${this.#notices()}${this.aside}</div>
        <hc-stage
          .people=${call.people}
          .invites=${this.link !== ""}
          @invite=${() => this.#run("invite")}
        ></hc-stage>
        ${controls(
          {
            microphone: call.microphone,
            camera: call.camera,
            screen: call.screen,
            chatOpen: chat.open,
            unread: chat.unread,
            invites: this.link !== "",
          },
          (action) => this.#run(action),
        )}
        <hc-invitation-link
          .link=${this.link}
          @copied=${() => this.tell("copied")}
        ></hc-invitation-link>
        <hc-settings
          .devices=${this.devices}
          .chosen=${call.devices}
          .invites=${this.link !== ""}
          .microphoneTrack=${call.microphoneTrack}
          @choose=${this.#choose}
        ></hc-settings>
      </main>
      ${
        chat.open
          ? html`<hc-chat-panel
              .chat=${chat}
              .count=${chat.messages.length}
              @close=${() => this.#toggleChat()}
            ></hc-chat-panel>`
          : nothing
      }
    </div>`;
  }

  #notices(): TemplateResult[] {
    const { call } = this;
    const told: TemplateResult[] = [];
    if (call.reconnecting) {
      told.push(
        notice({
          tone: "warning",
          quiet: true,
          text: t("call.reconnecting"),
          testid: "reconnecting",
        }),
      );
    }
    if (call.tiding !== undefined) {
      const dismiss = (): void => call.dismissTiding();
      told.push(notice({ tone: "info", quiet: true, text: call.tiding, testid: "tiding", dismiss }));
    }
    if (call.soundBlocked) told.push(this.#soundNotice());
    if (call.trouble !== undefined) told.push(this.#troubleNotice(call.trouble));
    if (call.silent)
      told.push(
        notice({
          tone: "warning",
          icon: "microphoneOff",
          text: t("call.silent"),
          testid: "silent-microphone",
        }),
      );
    return told;
  }

  #soundNotice(): TemplateResult {
    const run = (): void => void this.call.startPlayback();
    const action = { label: t("call.hear"), run, testid: "sound-button" };
    return notice({ tone: "info", icon: "sound", text: t("call.soundBlocked"), action });
  }

  #troubleNotice(trouble: Trouble): TemplateResult {
    const dismiss = (): void => this.call.dismissTrouble();
    return notice({ tone: "error", text: troubleText(trouble), testid: "error-message", dismiss });
  }

  #press(event: KeyboardEvent): void {
    const action = actionOf(event);
    if (action === undefined) return;
    event.preventDefault();
    this.#run(action);
  }

  #run(action: Action): void {
    const actions: Record<Action, () => unknown> = {
      microphone: () => this.call.toggleMicrophone(),
      camera: () => this.call.toggleCamera(),
      screen: () => this.call.toggleScreen(),
      chat: () => this.#toggleChat(),
      invite: () => this.#invite(),
      settings: () => this.#showSettings(),
      leave: () => this.call.leave(),
    };
    actions[action]();
  }

  #invite(): void {
    if (this.link !== "") void this.querySelector<InvitationLink>("hc-invitation-link")?.copy();
  }

  #toggleChat(): void {
    const { chat } = this.call;
    chat.open = !chat.open;
    if (!chat.open) this.querySelector<HTMLElement>("[data-testid=chat-toggle]")?.focus();
  }

  async #showSettings(): Promise<void> {
    await this.#listDevices();
    this.querySelector<Settings>("hc-settings")?.show();
  }

  async #listDevices(): Promise<void> {
    this.devices = await listDevices(namelessDevice);
  }

  #choose(event: CustomEvent<DeviceChoice>): void {
    const { kind, deviceId } = event.detail;
    void this.call.switchDevice(kind, deviceId);
    this.tell("choose", event.detail);
  }
}

function troubleText({ with: subject, problem }: Trouble): string {
  if (subject === "publish") return t("problem.publish");
  if (subject === "screen")
    return t(problem === "system" ? "problem.screen.system" : "problem.screen.unknown");
  return problem === "insecure" ? t("problem.insecure") : t(`problem.${subject}.${problem}`);
}
