import { UserError } from '../lib/errors.js';

export type Device = { kind: 'cpu' } | { kind: 'cuda'; id: number };

/** @throws UserError for anything but `cpu` and `cuda:<number>`. */
export function parseDevice(text: string): Device {
  if (text === 'cpu') return { kind: 'cpu' };
  const cuda = /^cuda:(\d{1,3})$/.exec(text);
  if (cuda) return { kind: 'cuda', id: Number(cuda[1]) };
  throw new UserError(`${text} is not a device: use cpu, or cuda:0, cuda:1, …`);
}
