import { useEffect } from 'preact/hooks';
import { share } from './format.js';

/**
 * The page's title names what is looked at, with its percent while it runs. Undefined: not known yet, the title stays.
 */
export function useTitle(shown: { status: string; percent: number; name: string } | undefined): void {
  const title = shown && `${shown.status === 'running' ? `${share(shown.percent)} · ` : ''}${shown.name} · Reelscale`;
  useEffect(() => {
    if (title !== undefined) document.title = title;
  }, [title]);
}
