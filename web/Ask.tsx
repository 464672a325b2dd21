import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { Button, type IconName } from './parts.js';

export interface Choice {
  word: string;
  danger?: boolean;
  act: () => void;
}

/** A button for what is not to be done by accident: it asks first. The way back comes first, and has the focus. */
export function Ask({
  icon,
  label,
  word,
  title,
  children,
  back,
  choices,
  busy,
  kind = 'quiet',
}: {
  icon: IconName;
  kind?: '' | 'quiet';
  label: string;
  word: string;
  title: string;
  children: ComponentChildren;
  back: string;
  choices: Choice[];
  busy: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  return (
    <>
      <Button icon={icon} kind={kind} label={label} disabled={busy} onClick={() => dialog.current?.showModal()}>
        {word}
      </Button>
      <dialog ref={dialog} class="ask" aria-labelledby={id}>
        <form method="dialog">
          <h2 id={id}>{title}</h2>
          <p>{children}</p>
          <div class="buttons">
            <button class="button quiet">{back}</button>
            {choices.map(({ word: choice, danger, act }) => (
              <Button
                key={choice}
                kind={danger ? 'danger' : ''}
                onClick={() => {
                  dialog.current?.close();
                  act();
                }}
              >
                {choice}
              </Button>
            ))}
          </div>
        </form>
      </dialog>
    </>
  );
}
