/** The row of buttons under a call. */

import { html, nothing, type TemplateResult } from "lit";

import { canShareScreen } from "../devices";
import { keysOf, type Action } from "../shortcuts";
import { t, tCount, type PlainKey } from "../texts/lookup";
import { icon, type Icon } from "./icons";

export interface ControlState {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly chatOpen: boolean;
  readonly unread: number;
  readonly invites: boolean; // there is a link to hand on
}

interface Control {
  readonly action: Action;
  readonly testid: string;
  readonly icon: Icon;
  readonly text: PlainKey; // shown where there is room; part of the label (WCAG 2.5.3)
  readonly label: string;
  readonly tone?: "off" | "on" | "danger";
  readonly badge?: number;
}

export function controls(state: ControlState, run: (action: Action) => void): TemplateResult {
  const absent = new Set<Action>();
  if (!canShareScreen()) absent.add("screen");
  if (!state.invites) absent.add("invite");
  const shown = controlsOf(state).filter(({ action }) => !absent.has(action));
  return html`<div class="controls" role="group" aria-label=${t("call.controls")}>
    ${shown.map((control) => button(control, run))}
  </div>`;
}

function controlsOf(state: ControlState): Control[] {
  return [
    microphone(state.microphone),
    camera(state.camera),
    screen(state.screen),
    chat(state),
    ...fixed(),
  ];
}

export function microphone(on: boolean): Control {
  const look = { action: "microphone", testid: "mic-toggle" } as const;
  return on
    ? { ...look, icon: "microphone", text: "control.mute", label: t("control.muteLong") }
    : {
        ...look,
        icon: "microphoneOff",
        text: "control.unmute",
        label: t("control.unmuteLong"),
        tone: "off",
      };
}

export function camera(on: boolean): Control {
  const look = { action: "camera", testid: "camera-toggle" } as const;
  return on
    ? { ...look, icon: "camera", text: "control.cameraStop", label: t("control.cameraStopLong") }
    : {
        ...look,
        icon: "cameraOff",
        text: "control.cameraStart",
        label: t("control.cameraStartLong"),
        tone: "off",
      };
}

function screen(on: boolean): Control {
  const look = { action: "screen", testid: "screen-toggle", icon: "screen" } as const;
  return on
    ? { ...look, text: "control.unshare", label: t("control.unshareLong"), tone: "on" }
    : { ...look, text: "control.share", label: t("control.shareLong") };
}

function chat({ chatOpen, unread }: ControlState): Control {
  const look = {
    action: "chat",
    testid: "chat-toggle",
    icon: "chat",
    text: "control.chat",
  } as const;
  if (chatOpen) return { ...look, label: t("control.chatClose"), tone: "on" };
  if (unread === 0) return { ...look, label: t("control.chatOpen") };
  return { ...look, label: tCount("control.chatUnread", unread), badge: unread };
}

function fixed(): readonly Control[] {
  return [
  {
    action: "invite",
    testid: "copy-link",
    icon: "invite",
    text: "control.invite",
    label: t("control.inviteLong"),
  },
  {
    action: "settings",
    testid: "settings-button",
    icon: "settings",
    text: "control.settings",
    label: t("control.settingsLong"),
  },
  {
    action: "leave",
    testid: "leave-button",
    icon: "leave",
    text: "control.leave",
    label: t("control.leaveLong"),
    tone: "danger",
  },
  ];
}

export function button(control: Control, run: (action: Action) => void): TemplateResult {
  const { action, tone, badge } = control;
  return html`<button
    type="button"
    class="control ${tone ?? ""}"
    aria-label=${control.label}
    aria-keyshortcuts=${keysOf(action)}
    title="${control.label} (${keysOf(action)})"
    data-testid=${control.testid}
    data-on=${tone !== "off"}
    @click=${() => run(action)}
  >
    ${icon(control.icon)}
    <span class="control-text" aria-hidden="true">${t(control.text)}</span>
    ${badge === undefined ? nothing : html`<span class="badge" aria-hidden="true" data-testid="chat-unread">${badge}</span>`}
  </button>`;
}
