import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { Batches } from './Batches.js';
import { BatchPage } from './BatchPage.js';
import { bytes } from './format.js';
import { JobList } from './JobList.js';
import { JobPage } from './JobPage.js';
import { NewJob } from './NewJob.js';
import { Button, Icon, Reel } from './parts.js';
import { follow, go, type Route, useRoute } from './router.js';
import { SignIn } from './SignIn.js';
import { attempt, start, useStore } from './store.js';

function App() {
  const session = useStore((state) => state.session);
  const connection = useStore((state) => state.connection);
  const away = useStore((state) => state.overview?.server === 'away');
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const page = route.page === 'job' ? route.job : route.page === 'batch' ? route.batch : route.page;
  const first = useRef(true);
  // Of a page that changes in place, screen readers learn by the focus.
  useEffect(() => {
    if (route.page === 'list') document.title = 'Reelscale';
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page]);
  useEffect(() => {
    addEventListener('keydown', shortcut);
    return () => {
      removeEventListener('keydown', shortcut);
    };
  }, []);
  if (session && !session.signedIn) return <SignIn />;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <Top route={route} />
      {connection === 'lost' && (
        <p class="lost" role="alert">
          The dashboard does not answer; trying again…
        </p>
      )}
      {connection === 'live' && away && (
        <p class="lost" role="alert">
          Temporal does not answer: jobs are shown as they were seen last.
        </p>
      )}
      <main id="main" ref={main} tabIndex={-1}>
        <Content route={route} />
      </main>
      <Said />
    </>
  );
}

function Content({ route }: { route: Route }) {
  switch (route.page) {
    case 'job':
      return <JobPage job={route.job} />;
    case 'new':
      return <NewJob />;
    case 'batches':
      return <Batches />;
    case 'batch':
      return <BatchPage batch={route.batch} />;
    default:
      return <JobList />;
  }
}

function shortcut(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) ||
    document.querySelector('dialog[open]')
  ) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  if (event.key === 'n') go('/new');
  if (event.key === 'Escape') go('/');
  if (event.key === '/') {
    event.preventDefault();
    document.querySelector<HTMLInputElement>('#search')?.focus();
  }
}

function Top({ route: { page } }: { route: Route }) {
  const overview = useStore((state) => state.overview);
  const running = useStore((state) => state.jobs.filter(({ status }) => status === 'running').length);
  const speed = useStore((state) =>
    state.jobs.reduce((sum, { status, fps }) => sum + (status === 'running' ? fps : 0), 0),
  );
  return (
    <header class="top">
      <a class={`brand${running > 0 ? ' turning' : ''}`} href="/" onClick={follow} aria-label="Reelscale">
        <Reel />
        <span class="wide">Reelscale</span>
      </a>
      <nav class="pages" aria-label="Pages">
        <a href="/" onClick={follow} aria-current={page === 'list' ? 'page' : undefined}>
          Jobs
        </a>
        <a href="/batches" onClick={follow} aria-current={page === 'batches' ? 'page' : undefined}>
          Batches
        </a>
      </nav>
      <p class="state wide">
        {overview?.server === 'up' && (
          <span>
            {running === 0
              ? 'idle'
              : `${running} at work${speed > 0 ? `, ${speed < 10 ? speed.toFixed(1) : Math.round(speed)} fps` : ''}`}
          </span>
        )}
        {overview && overview.devices.length > 0 && (
          <span class="wide" title={overview.devices.map(({ label }) => label).join(', ')}>
            {overview.devices.map(({ device }) => device).join(', ')}
          </span>
        )}
        {overview?.freeBytes !== undefined && <span class="wide">{bytes(overview.freeBytes)} free</span>}
      </p>
      <nav class="tools" aria-label="Tools">
        {overview?.temporalUrl !== undefined && (
          <a class="button quiet wide" href={overview.temporalUrl} target="_blank" rel="noopener noreferrer">
            Temporal
            <Icon name="link" />
          </a>
        )}
        <ThemeButton />
        <Button
          icon="out"
          kind="quiet"
          label="Sign out"
          onClick={() => {
            void attempt(() => api.signOut()).then(start);
          }}
        />
        <a class="button strong" href="/new" onClick={follow} aria-label="New job" title="New job (n)">
          <Icon name="plus" />
          <span class="wide">New job</span>
        </a>
      </nav>
    </header>
  );
}

const THEMES = {
  auto: { icon: 'auto', next: 'light' },
  light: { icon: 'sun', next: 'dark' },
  dark: { icon: 'moon', next: 'auto' },
} as const;

function ThemeButton() {
  const [theme, setTheme] = useState<keyof typeof THEMES>(
    () => (document.documentElement.dataset['theme'] as 'light' | 'dark' | undefined) ?? 'auto',
  );
  const change = (): void => {
    const { next } = THEMES[theme];
    setTheme(next);
    if (next === 'auto') {
      delete document.documentElement.dataset['theme'];
      localStorage.removeItem('theme');
    } else {
      document.documentElement.dataset['theme'] = next;
      localStorage.setItem('theme', next);
    }
  };
  return (
    <Button
      icon={THEMES[theme].icon}
      kind="quiet"
      label={`Theme: ${theme === 'auto' ? 'as the system' : theme}`}
      onClick={change}
    />
  );
}

const SAID_MS = 6000;

/** The last thing that was said: seen for a while, and read out. */
function Said() {
  const said = useStore((state) => state.said);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!said) return undefined;
    setShown(true);
    const timer = setTimeout(() => {
      setShown(false);
    }, SAID_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);
  return (
    <div
      class={`said${shown ? ' shown' : ''}${said?.bad ? ' bad' : ''}`}
      role="status"
      aria-live={said?.bad ? 'assertive' : 'polite'}
    >
      {said?.text ?? ''}
    </div>
  );
}

const app = document.getElementById('app');
if (app) render(<App />, app);
void start();
