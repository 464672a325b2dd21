import { useEffect, useState } from 'preact/hooks';
import type { Choices, Submit } from '../src/dashboard/schemas/submit.js';
import { api } from './api.js';
import { EstimatePanel } from './EstimatePanel.js';
import { FolderPicker } from './FolderPicker.js';
import { Icon } from './parts.js';
import { follow, go } from './router.js';
import { attempt, say } from './store.js';

const PRESETS: Record<string, string> = {
  preview: 'a filter, fast anywhere',
  fast: 'for animation; the default on a CPU',
  production: 'the best pictures; made for a GPU',
};

export function NewJob() {
  const [choices, setChoices] = useState<Choices>();
  const [job, setJob] = useState<Submit>({ input: '' });
  const [picking, setPicking] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void attempt(async () => {
      setChoices(await api.choices());
    });
  }, []);
  useEffect(() => {
    document.title = 'New job · Reelscale';
  }, []);
  const change = (fields: Partial<Record<keyof Submit, unknown>>): void => {
    setJob(
      (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...fields }).filter(([, value]) => value !== undefined && value !== ''),
        ) as Submit,
    );
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await attempt(async () => {
      const { job: key, status } = await api.submit(job);
      say(status === 'started' ? 'The job is started' : 'That job was finished before');
      go(`/jobs/${key}`);
    });
    setBusy(false);
  };
  const model = choices?.models.find(({ name }) => name === job.model);
  const chosen = job.model === undefined ? (job.preset ?? '') : `model ${job.model}`;
  return (
    <form
      class="new"
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <a class="backlink" href="/" onClick={follow}>
        <Icon name="back" />
        All jobs
      </a>
      <h1>New job</h1>
      <section class="panel">
        <div class="field">
          <label for="input">Video</label>
          <span class="joined">
            <input
              id="input"
              required
              value={job.input ?? ''}
              placeholder={`${choices?.folders[0] === '/' ? '' : (choices?.folders[0] ?? '')}/…`}
              onInput={(event) => {
                change({ input: event.currentTarget.value });
              }}
              spellcheck={false}
            />
            <button
              type="button"
              class="button"
              onClick={() => {
                setPicking(!picking);
              }}
              aria-expanded={picking}
            >
              <Icon name="folder" />
              Browse
            </button>
          </span>
        </div>
        {picking && choices && (
          <FolderPicker
            start={startOf(job.input, choices.folders)}
            roots={choices.folders}
            onPick={(path) => {
              change({ input: path });
              setPicking(false);
            }}
          />
        )}
        <fieldset class="presets">
          <legend>How</legend>
          <label class={chosen === '' ? 'on' : ''}>
            <input
              type="radio"
              name="preset"
              checked={chosen === ''}
              onChange={() => {
                change({ preset: undefined, model: undefined });
              }}
            />
            <b>automatic</b>
            <small>as this machine's devices suggest</small>
          </label>
          {choices?.presets.map(({ name, model: of, ready }) => (
            <label key={name} class={`${chosen === name ? 'on' : ''}${ready ? '' : ' off'}`}>
              <input
                type="radio"
                name="preset"
                disabled={!ready}
                checked={chosen === name}
                onChange={() => {
                  change({ preset: name, model: undefined });
                }}
              />
              <b>{name}</b>
              <small>{ready ? PRESETS[name] : `reelscale models pull ${of}`}</small>
            </label>
          ))}
          <label class={`${job.model === undefined ? '' : 'on'}`}>
            <input
              type="radio"
              name="preset"
              checked={job.model !== undefined}
              onChange={() => {
                change({ preset: undefined, model: choices?.models.find(({ ready }) => ready)?.name });
              }}
            />
            <b>by model</b>
            <small>choose the network</small>
          </label>
        </fieldset>
        {job.model !== undefined && (
          <label class="field">
            <span>Model</span>
            <select
              value={job.model}
              onChange={(event) => {
                change({ model: event.currentTarget.value, scale: undefined });
              }}
            >
              {choices?.models.map(({ name, ready }) => (
                <option key={name} value={name} disabled={!ready}>
                  {name}
                  {ready ? '' : ' (not pulled)'}
                </option>
              ))}
            </select>
            {model?.about && <small class="soft">{model.about}</small>}
          </label>
        )}
        <div class="grid">
          <label class="field">
            <span>Scale</span>
            <select
              value={String(job.scale ?? '')}
              onChange={(event) => {
                change({ scale: event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value) });
              }}
            >
              <option value="">default</option>
              {(model?.scales ?? [2, 3, 4]).map((scale) => (
                <option key={scale} value={scale}>
                  ×{scale}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>Codec</span>
            <select
              value={job.codec ?? ''}
              onChange={(event) => {
                change({ codec: event.currentTarget.value });
              }}
            >
              <option value="">H.264, plays everywhere</option>
              <option value="h265">H.265</option>
              <option value="av1">AV1</option>
            </select>
          </label>
          <label class="field">
            <span>Quality (crf)</span>
            <input
              type="number"
              min={0}
              max={63}
              placeholder="default"
              value={job.crf ?? ''}
              onInput={(event) => {
                change({ crf: event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value) });
              }}
            />
          </label>
        </div>
        <details>
          <summary>More</summary>
          <label class="field">
            <span>Result</span>
            <input
              value={job.output ?? ''}
              placeholder="beside the video, as in NAME.x4.mp4"
              onInput={(event) => {
                change({ output: event.currentTarget.value });
              }}
              spellcheck={false}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={job.overwrite ?? false}
              onChange={(event) => {
                change({ overwrite: event.currentTarget.checked || undefined });
              }}
            />
            replace the result if it exists
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={job.keepMezzanine ?? false}
              onChange={(event) => {
                change({ keepMezzanine: event.currentTarget.checked || undefined });
              }}
            />
            keep the upscaled frames, to encode them again
          </label>
        </details>
      </section>
      <EstimatePanel job={job} />
      <div class="buttons">
        <button class="button strong large" disabled={busy || !job.input}>
          {busy ? 'Starting…' : 'Start'}
        </button>
      </div>
    </form>
  );
}

function startOf(input: string | undefined, roots: string[]): string {
  const folder = input?.replace(/\/[^/]*$/, '');
  return folder ? folder : (localStorage.getItem('folder') ?? roots[0] ?? '/');
}
