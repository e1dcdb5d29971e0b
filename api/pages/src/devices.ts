/** Which cameras, microphones and speakers there are, with names that people can read. */

export interface Device {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
}

type Info = Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">;

/** `nameless` gives the label for the nth device of a kind: names are hidden until permission. */
export function sortDevices(
  infos: readonly Info[],
  nameless: (kind: MediaDeviceKind, number: number) => string,
): Devices {
  const of = (kind: MediaDeviceKind): Device[] =>
    infos
      // Without permission browsers list one device of each kind with an empty id.
      .filter((info) => info.kind === kind && info.deviceId !== "")
      .map((info, n) => ({ id: info.deviceId, label: info.label || nameless(kind, n + 1) }));
  return { cameras: of("videoinput"), microphones: of("audioinput"), speakers: of("audiooutput") };
}

export async function listDevices(
  nameless: (kind: MediaDeviceKind, number: number) => string,
): Promise<Devices> {
  const devices = navigator.mediaDevices as MediaDevices | undefined; // none on http:
  return sortDevices((await devices?.enumerateDevices().catch(() => [])) ?? [], nameless);
}

/** Tells when a device comes or goes, until `signal` is aborted. */
export function watchDevices(listener: () => void, signal: AbortSignal): void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  devices?.addEventListener("devicechange", listener, { signal });
}

export function canShareScreen(): boolean {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return typeof devices?.getDisplayMedia === "function";
}

export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
