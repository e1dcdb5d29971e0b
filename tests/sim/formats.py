"""What clients have agreed on with the server: payload types and header extensions, up and down."""

from sfu import extensions
from sfu.media import Codec

VP8, VP8_RTX, H264, H264_RTX, OTHER, OTHER_RTX, OPUS, RED = 96, 97, 98, 99, 100, 101, 111, 63
MID_ID, RID_ID, REPAIRED_ID, NUMBER_ID, LEVEL_ID, ROTATION_ID = 4, 10, 11, 3, 1, 13
UP = {
    extensions.MID: MID_ID,
    extensions.RID: RID_ID,
    extensions.REPAIRED_RID: REPAIRED_ID,
    extensions.TRANSPORT_CC: NUMBER_ID,
    extensions.AUDIO_LEVEL: LEVEL_ID,
}
FEEDBACK = ["nack", "nack pli"]
VP8_CODEC = Codec("video/vp8", VP8, 90000, rtx=VP8_RTX, feedback=FEEDBACK)
H264_CODEC = Codec("video/h264", H264, 90000, rtx=H264_RTX, feedback=FEEDBACK)
VP9_CODEC = Codec("video/vp9", OTHER, 90000, rtx=OTHER_RTX, feedback=FEEDBACK)
OPUS_CODEC = Codec("audio/opus", OPUS, 48000, 2, "useinbandfec=1")
RED_CODEC = Codec("audio/red", RED, 48000, 2)
RTX_OF = {VP8: VP8_RTX, H264: H264_RTX, OTHER: OTHER_RTX}
WRAP = 1 << 32

DOWN = [
    {extensions.MID: 9, extensions.TRANSPORT_CC: 5, extensions.ABS_SEND_TIME: 2},
    {extensions.MID: 16, extensions.TRANSPORT_CC: 17, extensions.ABS_SEND_TIME: 18},
    {extensions.TRANSPORT_CC: 3},
    {extensions.MID: 9, extensions.ABS_SEND_TIME: 2},
    {},
]
VIDEO_DOWN = [
    Codec("video/vp8", 120, 90000, rtx=121, feedback=FEEDBACK),
    Codec("video/h264", 122, 90000, rtx=123, feedback=FEEDBACK),
    Codec("video/vp9", 124, 90000, rtx=125, feedback=FEEDBACK),
]
OPUS_DOWN, RED_DOWN = Codec("audio/opus", 109, 48000, 2), Codec("audio/red", 110, 48000, 2)
