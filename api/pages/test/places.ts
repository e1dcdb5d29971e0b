/** Where a visit of the tests takes place. */

import type { Conference, Provider } from "../src/clinic/conferencing";

interface Place {
  readonly provider: Provider;
  readonly joinUrl: string | null;
  readonly conference: Conference;
}

export const HERE: Place = {
  provider: "livekit",
  joinUrl: "https://clinic.example/#m=m",
  conference: {
    state: "here", insteadOf: null, reason: null, detail: null, retryAt: null, fallbacks: [],
  },
}; // prettier-ignore

export function atZoom(joinUrl: string | null, conference: Partial<Conference>): Place {
  return { provider: "zoom", joinUrl, conference: { ...HERE.conference, state: "ready", ...conference } };
}
