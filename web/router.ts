import { useEffect, useState } from 'preact/hooks';

export type Route =
  | { page: 'list' }
  | { page: 'new' }
  | { page: 'job'; job: string }
  | { page: 'batches' }
  | { page: 'batch'; batch: string };

function read(): Route {
  const job = /^\/jobs\/([0-9a-f]{32})$/.exec(location.pathname)?.[1];
  if (job !== undefined) return { page: 'job', job };
  const batch = /^\/batches\/([0-9a-f]{32})$/.exec(location.pathname)?.[1];
  if (batch !== undefined) return { page: 'batch', batch };
  if (location.pathname === '/batches') return { page: 'batches' };
  return location.pathname === '/new' ? { page: 'new' } : { page: 'list' };
}

const listeners = new Set<() => void>();

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path);
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  const [route, change] = useState(read);
  useEffect(() => {
    const listen = (): void => {
      change(read());
    };
    listeners.add(listen);
    addEventListener('popstate', listen);
    return () => {
      listeners.delete(listen);
      removeEventListener('popstate', listen);
    };
  }, []);
  return route;
}

/** For links of the page itself: opens them in place, unless another tab is asked for. */
export function follow(event: MouseEvent): void {
  const link = event.currentTarget as HTMLAnchorElement;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  go(link.pathname);
  scrollTo(0, 0);
}
