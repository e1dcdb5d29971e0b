/** Pictures and tones that can be told apart after encoding. */

export const COLOURS = [
  [220, 30, 30],
  [30, 200, 30],
  [40, 40, 220],
  [220, 220, 40],
];
const TURN = 5; // frames that a picture stays before its quadrants turn

/** Four coloured quadrants, which turn by one place after every few frames. */
export function pictures(width: number, height: number, fps: number): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  let count = 0;
  const draw = () => {
    const turn = Math.floor(count++ / TURN);
    const clockwise = [[0, 0], [1, 0], [1, 1], [0, 1]];
    clockwise.forEach(([column, row], place) => {
      context.fillStyle = `rgb(${COLOURS[(place + turn) % 4].join(',')})`;
      context.fillRect((column * width) / 2, (row * height) / 2, width / 2, height / 2);
    });
  };
  draw();
  const [track] = canvas.captureStream(fps).getVideoTracks();
  const timer = setInterval(() => {
    if (track.readyState === 'ended') clearInterval(timer);
    draw();
  }, 1000 / fps);
  return track;
}

/** A tone for each channel. */
export function chord(frequencies: number[], gain = 0.5): MediaStreamTrack {
  const context = new AudioContext({ sampleRate: 48000 });
  const merger = new ChannelMergerNode(context, { numberOfInputs: frequencies.length });
  const destination = context.createMediaStreamDestination();
  destination.channelCount = frequencies.length;
  frequencies.forEach((frequency, channel) => {
    const oscillator = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain });
    oscillator.connect(volume).connect(merger, 0, channel);
    oscillator.start();
  });
  merger.connect(destination);
  return destination.stream.getAudioTracks()[0];
}

/** A sine wave that plays for ever (not in a Firefox without a sound card: use its microphone). */
export function tone(frequency: number): MediaStreamTrack {
  return chord([frequency]);
}
