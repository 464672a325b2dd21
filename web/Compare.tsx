import { useEffect, useRef, useState } from 'preact/hooks';
import type { Job } from '../src/dashboard/schemas/jobs.js';
import type { Frames } from '../src/dashboard/schemas/pictures.js';
import { api, picturePath, Refusal } from './api.js';
import { timecode } from './format.js';
import { Button } from './parts.js';

const FIT_WIDTH = 1600;
const WHOLE_WIDTH = 8192;

/**
 * A frame of the source beside the same frame of what is upscaled so far, with a slider between them. @param planned
 * false while the source is still being read: there are no frames to ask for.
 */
export function Compare({ job, planned }: { job: Job; planned: boolean }) {
  const [frames, setFrames] = useState<Frames>();
  const [why, setWhy] = useState('');
  const [chosen, setChosen] = useState<number>();
  const [whole, setWhole] = useState(false);
  // What is ready changes with the frames that are done.
  const stamp = `${job.status} ${Math.floor(job.doneFrames / 10)}`;
  useEffect(() => {
    if (!planned) return undefined;
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const answer = await api.frames(job.job);
        if (gone) return;
        setFrames(answer);
        setWhy('');
      } catch (error) {
        if (!gone && error instanceof Refusal) setWhy(error.message);
      }
    };
    const timer = setTimeout(
      () => {
        void load();
      },
      frames ? 1500 : 0,
    );
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [job.job, planned, stamp]);

  const newest = frames?.ready.at(-1);
  const frame = chosen ?? (newest ? newest[1] - 1 : undefined);
  const isReady = frames && frame !== undefined && frames.ready.some(([start, end]) => frame >= start && frame < end);
  return (
    <section class="panel compare" aria-labelledby="compare-title">
      <div class="listhead">
        <h2 id="compare-title">Before and after</h2>
        {frames && newest && (
          <div class="tools">
            {job.status !== 'done' && (
              <label class="check">
                <input
                  type="checkbox"
                  checked={chosen === undefined}
                  onChange={(event) => {
                    setChosen(event.currentTarget.checked ? undefined : frame);
                  }}
                />
                newest frame
              </label>
            )}
            <label class="check">
              <input
                type="checkbox"
                checked={whole}
                onChange={(event) => {
                  setWhole(event.currentTarget.checked);
                }}
              />
              every pixel
            </label>
          </div>
        )}
      </div>
      {!frames || frame === undefined ? (
        <p class="soft">{why || 'The first upscaled frames will be here once a part is done.'}</p>
      ) : (
        <>
          <Slider job={job.job} frames={frames} frame={frame} whole={whole} ready={isReady ?? false} />
          <Scrubber frames={frames} frame={frame} onChange={setChosen} />
        </>
      )}
    </section>
  );
}

function Slider({
  job,
  frames,
  frame,
  whole,
  ready,
}: {
  job: string;
  frames: Frames;
  frame: number;
  whole: boolean;
  ready: boolean;
}) {
  const [split, setSplit] = useState(50);
  const view = useRef<HTMLDivElement>(null);
  const width = whole ? WHOLE_WIDTH : FIT_WIDTH;
  const before = usePicture(picturePath(job, 'source', frame, width));
  const after = usePicture(ready ? picturePath(job, 'result', frame, width) : undefined);
  const drag = (event: PointerEvent): void => {
    if (event.buttons !== 1) return;
    // Held until the button is up, also beyond the picture's edges.
    if (event.type === 'pointerdown') view.current?.setPointerCapture(event.pointerId);
    const box = view.current?.getBoundingClientRect();
    if (box) setSplit(Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width)));
  };
  const shape = {
    aspectRatio: String(frames.aspect),
    ...(whole && { width: `${Math.round(frames.height * frames.aspect)}px` }),
  };
  return (
    <div class={`stage${whole ? ' whole' : ''}`}>
      <div
        ref={view}
        class="view"
        style={{ ...shape, '--split': `${split}%` }}
        onPointerDown={drag}
        onPointerMove={drag}
      >
        {before.shown && <img class="before" src={before.shown} alt={`Source, frame ${frame}`} draggable={false} />}
        {after.shown && ready && (
          <img class="after" src={after.shown} alt={`Upscaled, frame ${frame}`} draggable={false} />
        )}
        {!ready && <p class="notyet">This frame is not upscaled yet.</p>}
        {(before.failed || after.failed) && <p class="notyet">{before.failed || after.failed}</p>}
        {(before.loading || after.loading) && (
          <span class="loading" role="status">
            loading the frame…
          </span>
        )}
        <span class="tag left" aria-hidden="true">
          before
        </span>
        <span class="tag right" aria-hidden="true">
          after
        </span>
        <span class="handle" aria-hidden="true" />
      </div>
      <input
        class="split"
        type="range"
        min={0}
        max={100}
        step={1}
        value={split}
        aria-label="Where the source ends and the upscaled frame begins"
        aria-valuetext={`source up to ${Math.round(split)} %`}
        onInput={(event) => {
          setSplit(Number(event.currentTarget.value));
        }}
      />
    </div>
  );
}

/** Keeps the last picture until the next one is there. */
function usePicture(path: string | undefined): { shown: string | undefined; loading: boolean; failed: string } {
  const [state, setState] = useState<{ shown: string | undefined; path: string | undefined; failed: string }>({
    shown: undefined,
    path: undefined,
    failed: '',
  });
  useEffect(() => {
    if (path === undefined) return undefined;
    const image = new Image();
    image.onload = () => {
      setState({ shown: path, path, failed: '' });
    };
    image.onerror = () => {
      setState((before) => ({ ...before, path, failed: 'The frame could not be loaded.' }));
    };
    image.src = path;
    return () => {
      image.onload = image.onerror = null;
    };
  }, [path]);
  return { shown: state.shown, loading: path !== undefined && state.path !== path, failed: state.failed };
}

function Scrubber({ frames, frame, onChange }: { frames: Frames; frame: number; onChange: (frame: number) => void }) {
  const last = frames.frames - 1;
  const to = (next: number): void => {
    onChange(Math.min(last, Math.max(0, next)));
  };
  return (
    <div class="scrubber">
      <Button
        icon="left"
        label="Previous frame"
        kind="quiet"
        onClick={() => {
          to(frame - 1);
        }}
      />
      <div class="track">
        <div class="ready" aria-hidden="true">
          {frames.ready.map(([start, end]) => (
            <i
              key={start}
              style={{ left: `${(100 * start) / frames.frames}%`, width: `${(100 * (end - start)) / frames.frames}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          min={0}
          max={last}
          value={frame}
          aria-label="Frame"
          aria-valuetext={`frame ${frame} of ${last}, ${timecode(frame / frames.fps)}`}
          onInput={(event) => {
            to(Number(event.currentTarget.value));
          }}
        />
      </div>
      <Button
        icon="right"
        label="Next frame"
        kind="quiet"
        onClick={() => {
          to(frame + 1);
        }}
      />
      <output>
        {timecode(frame / frames.fps)} <span class="soft">frame {frame}</span>
      </output>
    </div>
  );
}
