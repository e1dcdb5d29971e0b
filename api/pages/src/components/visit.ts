/** One visit from the lobby to the farewell, for whoever has an entrance. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Refused } from "../admission";
import type { Announcer } from "../announcer";
import type { Call } from "../call/call";
import type { Ending } from "../call/ending";
import { Capture } from "../capture";
import { explain, Problem } from "../clinic/problem";
import type { Entrance } from "../entrance";
import { readPreferences, writePreferences, type Preferences } from "../preferences";
import { t } from "../texts/lookup";
import "./call-view";
import { farewell, type Onward } from "./farewell";
import "./lobby";
import type { DeviceChoice } from "./settings";
import { View } from "./view";

export type VisitScreen = "lobby" | "call" | "left";

/** Tells `screen` with the `VisitScreen` at every change, `ended` with the `Ending`. */
@customElement("hc-visit")
export class Visit extends View {
  @property({ attribute: false }) entrance!: Entrance;
  @property({ attribute: false }) announcer!: Announcer;
  @property({ attribute: false }) aside: TemplateResult | typeof nothing = nothing; // beside the call
  @property({ attribute: false }) below: TemplateResult | typeof nothing = nothing; // the lobby
  @property({ attribute: false }) waiting: TemplateResult | undefined; // shown to who must wait
  @property({ attribute: false }) onward: Onward | undefined; // where one goes after it
  @state() private screen: VisitScreen = "lobby";
  @state() private joining = false;
  @state() private failure: string | undefined;
  @state() private preferences: Preferences = readPreferences(sessionStorage);

  readonly #capture = new Capture(this.preferences);
  #call: Call | undefined;
  #ending: Ending = "left";

  override connectedCallback(): void {
    super.connectedCallback();
    loadCall().catch(() => undefined); // while people look at themselves; asked again at joining
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#capture.stop();
    void this.#call?.leave();
  }

  /** Which of them give something: for those who are to let one in. */
  get devices(): { readonly camera: boolean; readonly microphone: boolean } {
    const { camera, microphone } = this.#capture;
    return { camera: camera.track !== undefined, microphone: microphone.track !== undefined };
  }

  /** To the lobby and in again: for who was put back into the waiting room. */
  async waitAgain(): Promise<void> {
    this.screen = "lobby";
    await this.#rejoin();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // A link may be pasted into a tab that shows another one.
    if (changed.has("entrance") && this.screen !== "call") {
      this.failure = undefined;
      this.screen = "lobby";
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("screen")) return;
    this.tell("screen", this.screen);
    // Nobody has moved anywhere on the very first screen.
    if (changed.get("screen") !== undefined) void this.#focusHeading();
  }

  protected override render(): TemplateResult {
    return html`${this.#screenNow()}
      <div class="sounds" hidden></div>`;
  }

  #screenNow(): TemplateResult | typeof nothing {
    if (this.screen === "lobby") return this.#lobby();
    if (this.screen === "call") return this.#callScreen();
    return farewell({
      ending: this.#ending,
      joining: this.joining,
      failure: this.failure,
      rejoin: () => void this.#rejoin(),
      onward: this.onward,
      host: this.entrance.host,
    });
  }

  #lobby(): TemplateResult {
    return html`<hc-lobby
      .capture=${this.#capture}
      .name=${this.preferences.name}
      .known=${this.entrance.name}
      .host=${this.entrance.host}
      .joining=${this.joining}
      .failure=${this.failure}
      .waiting=${this.waiting}
      .below=${this.below}
      .onward=${this.onward}
      @join=${(event: CustomEvent<string>) => this.#joinAs(event.detail)}
    ></hc-lobby>`;
  }

  #callScreen(): TemplateResult | typeof nothing {
    if (this.#call === undefined) return nothing;
    return html`<hc-call
      .call=${this.#call}
      .link=${this.entrance.link ?? ""}
      .aside=${this.aside}
      @choose=${(event: CustomEvent<DeviceChoice>) => this.#remember({ [event.detail.kind]: event.detail.deviceId })}
      @copied=${() => this.announcer.say(t("invite.copied"))}
    ></hc-call>`;
  }

  async #joinAs(name: string): Promise<void> {
    const { camera, microphone } = this.#capture;
    this.#remember({ name, camera: camera.deviceId, microphone: microphone.deviceId });
    await this.#join();
  }

  async #rejoin(): Promise<void> {
    this.joining = true;
    await this.#capture.start();
    await this.#join();
    if (this.failure !== undefined) this.#capture.stop(); // no camera runs behind a farewell
  }

  async #join(): Promise<void> {
    this.joining = true;
    this.failure = undefined;
    try {
      await this.#connect();
      this.screen = "call";
    } catch (error) {
      this.failure = failureText(error);
    } finally {
      this.joining = false;
    }
  }

  async #connect(): Promise<void> {
    const [{ Call }, admission] = await Promise.all([
      loadCall(),
      this.entrance.admit(this.preferences.name),
    ]);
    const place = this.querySelector<HTMLElement>(".sounds") ?? document.body;
    const call = new Call(this.preferences, this.announcer, place);
    await call.join(admission, () => this.#capture.release());
    call.addEventListener("end", (event) => this.#end((event as MessageEvent<Ending>).data));
    this.#call = call;
  }

  #end(ending: Ending): void {
    // Who left with the microphone off comes back with it off.
    this.#capture.camera.wanted = this.#call?.left.camera ?? true;
    this.#capture.microphone.wanted = this.#call?.left.microphone ?? true;
    this.announcer.say(ending === "left" ? t("say.left") : t(`ended.${ending}`));
    this.#ending = ending;
    this.#call = undefined;
    this.screen = "left";
    this.tell("ended", ending);
  }

  #remember(change: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...change };
    writePreferences(sessionStorage, change);
  }

  async #focusHeading(): Promise<void> {
    const child = this.querySelector<View>("hc-lobby, hc-call");
    await child?.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
  }
}

function failureText(error: unknown): string {
  if (error instanceof Refused) return t(`refused.${error.refusal}`);
  return error instanceof Problem ? explain(error) : t("refused.media");
}

/** Most of the page's weight; the lobby does not wait for it. */
async function loadCall(): Promise<typeof import("../call/call")> {
  return import("../call/call");
}
