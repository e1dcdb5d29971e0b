/** A browser that knows no servers but those of `turns:`, whatever others it is told of. */

/** To be called before anybody connects. */
export function secure(): void {
  const Native = RTCPeerConnection;
  const only = (given: RTCConfiguration = {}): RTCConfiguration => ({
    ...given,
    iceServers: given.iceServers?.flatMap((server) => {
      const urls = [server.urls].flat().filter((url) => url.startsWith('turns:'));
      return urls.length ? [{ ...server, urls }] : [];
    }),
  });
  window.RTCPeerConnection = class extends Native {
    constructor(given?: RTCConfiguration) {
      super(only(given));
    }
    override setConfiguration(given?: RTCConfiguration): void {
      super.setConfiguration(only(given));
    }
  };
}
