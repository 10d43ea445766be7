// card-edge certify: the gateway judged by certification packs.
import { Command } from 'commander';
import { mutationsCommand } from './mutate.ts';
import { compareCommand, recordCommand } from './record.ts';
import { runCommand } from './run.ts';

/** The verb with its parts. */
export function certifyCommand(): Command {
  return new Command('certify')
    .description('judge the gateway by certification packs')
    .addCommand(runCommand())
    .addCommand(mutationsCommand())
    .addCommand(recordCommand())
    .addCommand(compareCommand());
}
