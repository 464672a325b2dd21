import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { bytes } from './format.js';
import { JobList } from './JobList.js';
import { JobPage } from './JobPage.js';
import { NewJob } from './NewJob.js';
import { Button, Icon, Reel } from './parts.js';
import { follow, go, useRoute } from './router.js';
import { SignIn } from './SignIn.js';
import { attempt, start, useStore } from './store.js';

function App() {
  const session = useStore((state) => state.session);
  const connection = useStore((state) => state.connection);
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const page = route.page === 'job' ? route.job : route.page;
  const first = useRef(true);
  // Of a page that changes in place, screen readers learn by the focus.
  useEffect(() => {
    if (route.page === 'list') document.title = 'Reelscale';
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page]);
  useEffect(() => {
    addEventListener('keydown', shortcut);
    return () => { removeEventListener('keydown', shortcut); };
  }, []);
  if (session && !session.signedIn) return <SignIn />;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
      <Top />
      {connection === 'lost' && <p class="lost" role="alert">The dashboard does not answer; trying again…</p>}
      <main id="main" ref={main} tabIndex={-1}>
        {route.page === 'job' ? <JobPage job={route.job} /> : route.page === 'new' ? <NewJob /> : <JobList />}
      </main>
      <Said />
    </>
  );
}

function shortcut(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || document.querySelector('dialog[open]')) {
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

function Top() {
  const overview = useStore((state) => state.overview);
  const running = useStore((state) => state.jobs.filter(({ status }) => status === 'running').length);
  const speed = useStore((state) => state.jobs.reduce((sum, { status, fps }) => sum + (status === 'running' ? fps : 0), 0));
  const tokenNeeded = useStore((state) => state.session?.tokenNeeded ?? false);
  return (
    <header class="top">
      <a class={`brand${running > 0 ? ' turning' : ''}`} href="/" onClick={follow}><Reel /><span>Reelscale</span></a>
      <p class="state">
        {overview?.server === 'away' ? <span class="bad">Temporal does not answer</span> : <span>{running === 0 ? 'idle' : `${running} at work${speed > 0 ? `, ${speed < 10 ? speed.toFixed(1) : Math.round(speed)} fps` : ''}`}</span>}
        {overview && overview.devices.length > 0 && <span class="wide" title={overview.devices.map(({ label }) => label).join(', ')}>{overview.devices.map(({ device }) => device).join(', ')}</span>}
        {overview?.freeBytes !== undefined && <span class="wide">{bytes(overview.freeBytes)} free</span>}
      </p>
      <nav aria-label="Main">
        {overview?.temporalUrl !== undefined && <a class="button quiet wide" href={overview.temporalUrl} target="_blank" rel="noopener noreferrer">Temporal<Icon name="link" /></a>}
        <ThemeButton />
        {tokenNeeded && <Button icon="out" kind="quiet" label="Sign out" onClick={() => { void attempt(() => api.signOut()).then(start); }} />}
        <a class="button strong" href="/new" onClick={follow} title="New job (n)"><Icon name="plus" /><span class="wide">New job</span><span class="hidden narrowonly">New job</span></a>
      </nav>
    </header>
  );
}

const THEMES = { auto: { icon: 'auto', next: 'light' }, light: { icon: 'sun', next: 'dark' }, dark: { icon: 'moon', next: 'auto' } } as const;

function ThemeButton() {
  const [theme, setTheme] = useState<keyof typeof THEMES>(() => (document.documentElement.dataset['theme'] as 'light' | 'dark' | undefined) ?? 'auto');
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
  return <Button icon={THEMES[theme].icon} kind="quiet" label={`Theme: ${theme === 'auto' ? 'as the system' : theme}`} onClick={change} />;
}

const SAID_MS = 6000;

/** The last thing that was said: seen for a while, and read out. */
function Said() {
  const said = useStore((state) => state.said);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!said) return undefined;
    setShown(true);
    const timer = setTimeout(() => { setShown(false); }, SAID_MS);
    return () => { clearTimeout(timer); };
  }, [said]);
  return <div class={`said${shown ? ' shown' : ''}${said?.bad ? ' bad' : ''}`} role="status" aria-live={said?.bad ? 'assertive' : 'polite'}>{said?.text ?? ''}</div>;
}

const app = document.getElementById('app');
if (app) render(<App />, app);
void start();
