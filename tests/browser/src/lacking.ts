/** A browser without one of its codecs, as far as its peer connections tell. */

/** `codec` as SDP writes it, "VP9". To be called before anybody connects. */
export function lack(codec: string): void {
  const connection = RTCPeerConnection.prototype;
  const add = connection.addTransceiver;
  connection.addTransceiver = function (kind, init) {
    const transceiver = add.call(this, kind, init);
    if (transceiver.receiver.track.kind === 'video') {
      const all = RTCRtpReceiver.getCapabilities('video')!.codecs;
      const suffix = `/${codec}`.toLowerCase();
      transceiver.setCodecPreferences(
        all.filter((one) => !one.mimeType.toLowerCase().endsWith(suffix)),
      );
    }
    return transceiver;
  };
  const take = connection.setRemoteDescription;
  connection.setRemoteDescription = function (
    this: RTCPeerConnection,
    description: RTCSessionDescriptionInit,
  ) {
    const sdp = description.sdp?.replaceAll(` ${codec}/90000`, ' unknown/90000');
    const known = description.type === 'offer' ? { ...description, sdp } : description;
    return (take as (given: RTCSessionDescriptionInit) => Promise<void>).call(this, known);
  } as typeof take;
}
