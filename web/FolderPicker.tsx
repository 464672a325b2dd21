import { useEffect, useState } from 'preact/hooks';
import type { Folder } from '../src/dashboard/schemas/submit.js';
import { api } from './api.js';
import { bytes } from './format.js';
import { Icon } from './parts.js';

/** Walks through the media folders to a video. */
export function FolderPicker({
  start,
  roots,
  onPick,
}: {
  start: string;
  roots: string[];
  onPick: (path: string) => void;
}) {
  const [folder, setFolder] = useState<Folder>();
  const [why, setWhy] = useState('');
  const open = async (path: string, otherwise?: string): Promise<void> => {
    try {
      setFolder(await api.folder(path));
      setWhy('');
    } catch (error) {
      if (otherwise !== undefined && otherwise !== path) await open(otherwise);
      else setWhy(error instanceof Error ? error.message : String(error));
    }
  };
  useEffect(() => {
    void open(start, roots[0]);
  }, []);
  const join = (name: string): string => `${folder?.path === '/' ? '' : (folder?.path ?? '')}/${name}`;
  const pick = (name: string): void => {
    localStorage.setItem('folder', folder?.path ?? '/');
    onPick(join(name));
  };
  return (
    <div class="picker" role="group" aria-label="Choose a video">
      {why && (
        <p class="banner bad" role="alert">
          {why}
        </p>
      )}
      {roots.length > 1 && (
        <div class="roots">
          {roots.map((root) => (
            <button
              key={root}
              type="button"
              class="button quiet"
              onClick={() => {
                void open(root);
              }}
            >
              {root}
            </button>
          ))}
        </div>
      )}
      <p class="path">{folder?.path ?? '…'}</p>
      <ul role="list">
        {folder?.parent !== undefined && (
          <li>
            <button
              type="button"
              onClick={() => {
                void open(folder.parent as string);
              }}
            >
              <Icon name="back" />
              up
            </button>
          </li>
        )}
        {folder?.folders.map((name) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => {
                void open(join(name));
              }}
            >
              <Icon name="folder" />
              {name}
            </button>
          </li>
        ))}
        {folder?.videos.map(({ name, bytes: size }) => (
          <li key={name}>
            <button
              type="button"
              class="video"
              onClick={() => {
                pick(name);
              }}
            >
              <Icon name="film" />
              {name}
              <span class="soft">{bytes(size)}</span>
            </button>
          </li>
        ))}
        {folder && folder.folders.length + folder.videos.length === 0 && <li class="soft">no videos here</li>}
        {folder?.more && <li class="soft">… and more: type the path</li>}
      </ul>
    </div>
  );
}
