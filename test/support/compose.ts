import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '../..');
const serviceSchema = z.object({
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const services = z
  .object({ services: z.record(z.string(), serviceSchema) })
  .parse(parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true })).services;

const startProcess = (args: string[], env: Record<string, string>) =>
  execa(path.join(root, 'bin/reelscale'), args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    all: true,
  });

/**
 * A service of docker-compose.yml without its container: the same command and environment and no other variables, with
 * paths of the container mapped to folders of the test.
 */
export class Uncontained {
  readonly #service: z.infer<typeof serviceSchema>;
  readonly #variables: Record<string, string>;
  readonly #paths: Record<string, string>;
  readonly #ports: Record<number, number>;
  readonly process: ReturnType<typeof startProcess>;

  /**
   * @param variables what a user exports for compose. @param paths and ports of the container, each to one of this
   * machine.
   */
  constructor(
    name: string,
    {
      variables,
      paths,
      ports,
    }: { variables: Record<string, string>; paths: Record<string, string>; ports: Record<number, number> },
  ) {
    this.#service = services[name] as z.infer<typeof serviceSchema>;
    this.#variables = variables;
    this.#paths = paths;
    this.#ports = ports;
    for (const folder of Object.values(paths)) if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    const { environment, command } = this.#service;
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, this.#here(value)]));
    this.process = startProcess(
      command.map((argument) => this.#here(argument)),
      env,
    );
  }

  /** Runs the service's own health check. */
  async isHealthy(): Promise<boolean> {
    const [how, ...command] = (this.#service.healthcheck?.test ?? []).map((argument) => this.#here(argument));
    const [file, ...args] = how === 'CMD-SHELL' ? ['/bin/sh', '-c', ...command] : command;
    const { failed } = await execa(file as string, args, {
      reject: false,
      env: { PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
    });
    return !failed;
  }

  #here(text: string): string {
    const filled = text.replace(
      /\$\{(\w+)(?::-([^}]*))?[^}]*\}/g,
      (_, name: string, fallback = '') => this.#variables[name] ?? (fallback as string),
    );
    const ported = Object.entries(this.#ports).reduce(
      (said, [from, to]) => said.replace(new RegExp(`\\b${from}\\b`), String(to)),
      filled,
    );
    const at = Object.keys(this.#paths).find((folder) => new RegExp(`(^|\\s)${folder}(/|\\s|$)`).test(ported));
    return at === undefined ? ported : ported.replace(at, this.#paths[at] as string);
  }
}
