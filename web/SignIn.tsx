import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { Reel } from './parts.js';
import { start } from './store.js';

export function SignIn() {
  const [token, setToken] = useState('');
  const [why, setWhy] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await api.signIn(token.trim());
      setWhy('');
      await start();
    } catch (error) {
      setWhy(
        error instanceof Error
          ? error.message === 'a token is needed'
            ? 'That is not the token.'
            : error.message
          : String(error),
      );
    }
  };
  return (
    <main class="signin">
      <form
        class="panel"
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <Reel />
        <h1>Reelscale</h1>
        <label class="field">
          <span>Token</span>
          <input
            ref={field}
            type="password"
            id="token"
            autocomplete="current-password"
            required
            value={token}
            onInput={(event) => {
              setToken(event.currentTarget.value);
            }}
          />
        </label>
        <p class="bad" role="alert">
          {why}
        </p>
        <button class="button strong">Come in</button>
        <p class="soft">
          Open the link that <code>reelscale up</code> or <code>reelscale dashboard</code> prints, or paste the token:
          it is at the end of that link, or in the file that <code>--token-file</code> names.
        </p>
      </form>
    </main>
  );
}
