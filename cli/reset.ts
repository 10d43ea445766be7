// card-edge reset: removes the state of a system that is not up.
import { rmSync } from 'node:fs';
import { Command } from 'commander';
import { Failure } from './failure.ts';
import { stateFolder } from './info.ts';
import { line } from './print.ts';
import { endLeftovers, lockFolder, openFolder, unlockFolder } from './up/folder.ts';
import { dataFolder, endLeftoverPostgres } from './up/postgres.ts';

/** The verb. */
export function resetCommand(): Command {
  return new Command('reset')
    .description('remove the state of this machine: database, tokens with their keys, certificates, books')
    .option('--state-dir <folder>', 'state folder (default .card-edge)')
    .option('--yes', 'really')
    .action(run);
}

async function run(options: { readonly stateDir?: string; readonly yes?: boolean }): Promise<void> {
  const stateDir = stateFolder(options.stateDir);
  const data = dataFolder(stateDir);
  if (options.yes !== true)
    throw new Failure(`this removes ${stateDir} and ${data} for ever: give --yes if you want that`, 2);
  const folder = openFolder(stateDir);
  lockFolder(folder);
  await endLeftovers(folder);
  await endLeftoverPostgres(folder.root);
  unlockFolder(folder);
  rmSync(data, { recursive: true, force: true });
  rmSync(folder.root, { recursive: true, force: true });
  line(`removed ${stateDir}${data.startsWith(folder.root) ? '' : ` and ${data}`}`);
}
