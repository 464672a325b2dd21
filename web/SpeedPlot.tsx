import { duration, fps } from './format.js';

/** A line without axes, for a card. */
export function Spark({ values }: { values: number[] }) {
  if (values.length < 2) return <svg class="spark" aria-hidden="true" />;
  const top = Math.max(...values, 1e-9);
  const points = values
    .map((value, i) => `${((i + 60 - values.length) * 100) / 59},${28 - (26 * value) / top}`)
    .join(' ');
  return (
    <svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  );
}

const [WIDTH, HEIGHT] = [600, 140];

/** Frames a second since the dashboard looked at the job. */
export function SpeedPlot({ speed }: { speed: [number, number][] }) {
  const first = speed[0];
  const last = speed.at(-1);
  if (!first || !last || speed.length < 2) return <p class="soft">The curve begins when frames are done.</p>;
  const top = nice(Math.max(...speed.map(([, value]) => value)));
  const x = (at: number): number => (WIDTH * (at - first[0])) / Math.max(1, last[0] - first[0]);
  const y = (value: number): number => HEIGHT - (HEIGHT * value) / top;
  const points = speed.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const mean = speed.reduce((sum, [, value]) => sum + value, 0) / speed.length;
  return (
    <figure class="plot">
      <div class="scale" aria-hidden="true">
        <span>{round(top)}</span>
        <span>{round(top / 2)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={
          `Frames a second over the last ${duration((last[0] - first[0]) / 1000)}: ` +
          `now ${fps(last[1])}, on average ${fps(mean)}`
        }
      >
        {[0.25, 0.5, 0.75].map((share) => (
          <line key={share} x1={0} x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} />
        ))}
        <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
        <polyline points={points} />
      </svg>
      <figcaption>
        <span>{duration((last[0] - first[0]) / 1000)} ago</span>
        <span>average {fps(mean)} fps</span>
        <span>now {fps(last[1])} fps</span>
      </figcaption>
    </figure>
  );
}

/** 5, 2.5, 0.25: no digit more than it needs. */
const round = (value: number): string => String(Number(value.toPrecision(2)));

/** The next round number. */
function nice(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * unit >= value * 1.05) ?? 10) * unit;
}
