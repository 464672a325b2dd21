import type { ComponentChildren } from 'preact';
import type { Job } from '../src/dashboard/schemas/jobs.js';
import { share, stageOf } from './format.js';

/** A progress bar that screen readers know as one. @param known false while there is no number yet. */
export function Bar({
  status,
  percent,
  known,
  label,
}: {
  status: string;
  percent: number;
  known: boolean;
  label: string;
}) {
  return (
    <div
      class={`bar ${status}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known && { 'aria-valuenow': Math.floor(percent), 'aria-valuetext': share(percent) })}
    >
      <div class="fill" style={{ width: `${percent}%` }} />
      {!known && status === 'running' && <div class="unknown" />}
    </div>
  );
}

export const JobBar = ({ job, label }: { job: Job; label: string }) => (
  <Bar status={job.status} percent={job.percent} known={job.frames > 0 || job.status === 'done'} label={label} />
);

/** A state in a word or two, with its colour. */
export const Pill = ({ status, text }: { status: string; text: string }) => (
  <span class={`pill ${status}`}>
    <span class="dot" aria-hidden="true" />
    {text}
  </span>
);

export const JobPill = ({ job }: { job: Job }) => (
  <Pill status={`${job.status}${job.damaged || job.accepted ? ' damaged' : ''}`} text={stageOf(job)} />
);

const PATHS = {
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  stop: 'M6 6l12 12M18 6L6 18',
  check: 'M4 12.5l5.5 5.5L20 7',
  retry: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  plus: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  folder: 'M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4',
  sun:
    'M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6L4.6 4.6M19.4 19.4L18 18M6 18l-1.4 1.4M19.4 4.6L18 6' +
    'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
  moon: 'M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  out: 'M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9',
  link: 'M10 5H6a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-4M14 4h6v6M20 4l-9 9',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
} as const;
export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);

export const Reel = () => (
  <svg class="reel" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <circle class="rim" cx="16" cy="16" r="13" />
    {[0, 1, 2, 3, 4].map((i) => (
      <circle
        key={i}
        class="hole"
        cx={16 + 7 * Math.sin((i * 2 * Math.PI) / 5)}
        cy={16 - 7 * Math.cos((i * 2 * Math.PI) / 5)}
        r="3"
      />
    ))}
    <circle class="hole" cx="16" cy="16" r="1.6" />
  </svg>
);

export function Button({
  icon,
  label,
  children,
  onClick,
  kind = '',
  disabled = false,
}: {
  icon?: IconName;
  label?: string;
  children?: ComponentChildren;
  onClick: () => void;
  kind?: string;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      class={`button ${kind}`}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
