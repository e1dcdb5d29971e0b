/** Changes of layer almost without a pause, each shown by a picture of the new height. */

import type { RemoteTrackPublication, VideoQuality } from 'livekit-client';
import type { Presented, Screen } from './screen';

// Milliseconds between two changes of a video: asked for a key frame within 300 of the last one,
// libwebrtc does nothing, and the server asks again after a second.
const REST = 320;

export interface Watched {
  screen: Screen;
  publication: RemoteTrackPublication;
  heights: number[]; // of its layers, in pixels, the lowest first
}

/** What became of all changes. */
export interface Changes {
  switches: number;
  slowest: number; // milliseconds until the new height was shown
  unclear: number; // first pictures of a layer that were not what is sent
  strange: number; // pictures of neither the old nor the new height
}

/** `count` changes in all, of all videos side by side. */
export async function switchOften(videos: Watched[], count: number, timeout: number) {
  const all: Changes = { switches: 0, slowest: 0, unclear: 0, strange: 0 };
  let left = count;
  const work = videos.map(async (video) => {
    const { screen, heights } = video;
    while (left > 0) {
      left -= 1;
      const current = heights.indexOf(screen.last!.height);
      await change(video, (current + 1) % heights.length, all, timeout);
      await new Promise((resolve) => setTimeout(resolve, REST));
    }
  });
  await Promise.all(work);
  return all;
}

async function change(video: Watched, target: number, all: Changes, timeout: number) {
  const { screen, publication, heights } = video;
  const [before, wanted] = [screen.last!.height, heights[target]];
  const look = ({ height }: Presented) => {
    if (height !== before && height !== wanted) all.strange += 1;
    return height === wanted;
  };
  const seen = screen.next(look, timeout);
  const started = performance.now();
  publication.setVideoQuality(target as VideoQuality);
  all.slowest = Math.max(all.slowest, (await seen) - started);
  all.switches += 1;
  if (!screen.isClear()) all.unclear += 1;
}
