/**
 * Options of ffmpeg's `aresample`. Where timestamps say that sound is missing or too much by more than 3 ms, silence
 * is put in or sound is dropped: whatever counts samples would close the gap otherwise. By itself ffmpeg lets up to
 * 100 ms pass, which is several lost packets.
 */
export const ON_TIME = 'async=1:min_hard_comp=0.003';
