/** Moments of a join that no event of the SDK tells: sockets and peer connections note their own. */

let marks: Record<string, number> = {};

/** Forget what was noted. */
export function reset(): void {
  marks = {};
}

/** What has been noted since, in milliseconds after `start`. */
export function since(start: number): Record<string, number> {
  return Object.fromEntries(Object.entries(marks).map(([name, at]) => [name, at - start]));
}

function note(name: string): void {
  marks[name] ??= performance.now();
}

class NotingSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    note('socket'); // before the handshake begins
    super(url, protocols);
    this.addEventListener('open', () => note('open'));
    this.addEventListener('message', () => note('message'));
  }
}

class NotingConnection extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    note('connection');
    this.addEventListener('connectionstatechange', () => note(`peer ${this.connectionState}`));
    this.addEventListener('iceconnectionstatechange', () => note(`ice ${this.iceConnectionState}`));
  }

  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    note('remote');
    await super.setRemoteDescription(description);
    note('remote set');
  }
}

window.WebSocket = NotingSocket;
window.RTCPeerConnection = NotingConnection;
