/** Our own drawings, 24 x 24, in the colour of the text beside them. */

import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

const MICROPHONE = svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>`;
const CAMERA = svg`<rect x="3" y="6.5" width="12" height="11" rx="2.5"/><path d="m15 11 6-3.5v9L15 13"/>`;
const SLASH = svg`<path class="cut" d="m4 3 16.5 18"/><path d="m4 3 16.5 18"/>`;

const DRAWINGS = {
  microphone: MICROPHONE,
  microphoneOff: svg`${MICROPHONE}${SLASH}`,
  camera: CAMERA,
  cameraOff: svg`${CAMERA}${SLASH}`,
  screen: svg`<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M8.5 20.5h7M12 13.5v-6M9 10l3-3 3 3"/>`,
  chat: svg`<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5z"/><path d="M8 8.5h8M8 11.75h5"/>`,
  invite: svg`<path d="M10 14a4 4 0 0 0 6 .4l2.9-2.9a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-2.9 2.9a4 4 0 0 0 5.7 5.7L12 17"/>`,
  settings: svg`<path d="M4 7h9M19 7h1M4 17h1M11 17h9"/><circle cx="16" cy="7" r="2.5"/><circle cx="8" cy="17" r="2.5"/>`,
  leave: svg`<path d="M3 14.5c0-2 3.6-5 9-5s9 3 9 5v1.2a1 1 0 0 1-1.2 1l-3.6-.8a1 1 0 0 1-.8-1v-1.7a11 11 0 0 0-6.8 0v1.7a1 1 0 0 1-.8 1l-3.6.8a1 1 0 0 1-1.2-1z"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  send: svg`<path d="M4 12 20 4.5 15.5 20l-4-6.5z M11.5 13.5 20 4.5"/>`,
  warning: svg`<path d="M12 4 2.8 19.5h18.4z M12 10v4.5M12 17v.2"/>`,
  sound: svg`<path d="M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Icon = keyof typeof DRAWINGS;

/** Decoration: the text beside it or the button's label says the same. */
export function icon(name: Icon): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${DRAWINGS[name]}
  </svg>`;
}

/** The mark of the product. */
export function brand(name: string): TemplateResult {
  return html`<p class="brand">
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M7 16.5 16 8l9 8.5M16 15.5v8M12 19.5h8" />
    </svg>
    ${name}
  </p>`;
}
