/** A browser that says when its pictures and sound were captured, which none does unasked. */

const EXTENSION = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

type Extension = { uri: string; direction: RTCRtpTransceiverDirection };
type Negotiating = RTCRtpTransceiver & {
  getHeaderExtensionsToNegotiate(): Extension[];
  setHeaderExtensionsToNegotiate(extensions: Extension[]): void;
};

function agree(given: RTCRtpTransceiver): void {
  const transceiver = given as Negotiating;
  const extensions = transceiver.getHeaderExtensionsToNegotiate();
  for (const one of extensions) if (one.uri === EXTENSION) one.direction = 'sendrecv';
  transceiver.setHeaderExtensionsToNegotiate(extensions);
}

/** To be called before anybody connects. */
export function stamp(): void {
  const connection = RTCPeerConnection.prototype;
  for (const name of ['createOffer', 'createAnswer'] as const) {
    const create = connection[name];
    connection[name] = function (this: RTCPeerConnection, ...given: unknown[]) {
      this.getTransceivers().forEach(agree);
      return (create as (...given: unknown[]) => Promise<void>).apply(this, given);
    } as never;
  }
}
