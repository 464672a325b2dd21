import type { Command } from 'commander';
import { JSON_FLAG, type Run } from './commandParts.js';

/** The commands over models. */
export function addModelCommands(program: Command, run: Run): void {
  const models = program
    .command('models')
    .description('networks on this machine and where to get them')
    .exitOverride();
  const commands = () => import('../commands/models.js');
  models
    .command('list')
    .description('known and imported models')
    .option(...JSON_FLAG)
    .action(run(async (options: object) => (await commands()).list(options)));
  models
    .command('pull')
    .description('fetch a model, check it and convert it to ONNX')
    .argument('<name>')
    .action(run(async (name: string) => (await commands()).pull(name)));
  models
    .command('info')
    .description('one model in full; its speed is measured once')
    .argument('<name>', 'a model, or the path of an .onnx file')
    .option(...JSON_FLAG)
    .action(run(async (name: string, options: object) => (await commands()).info(name, options)));
  models
    .command('import')
    .description('take in a network of your own, so that it can be named')
    .argument('<path>', 'an .onnx, .pth, .safetensors or ncnn .param file, or a folder of ncnn networks')
    .option('--name <name>', "its name (default: the file's)")
    .action(run(async (file: string, options: object) => (await commands()).importModel(file, options)));
  models
    .command('remove')
    .description('remove a model from this machine')
    .argument('<name>')
    .action(run(async (name: string) => (await commands()).remove(name)));
}
