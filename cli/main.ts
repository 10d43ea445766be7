#!/usr/bin/env node
// The `card-edge` command: one file per verb.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { projectPath } from '../common/root.ts';
import { certifyCommand } from './certify/command.ts';
import { cutoverCommand } from './cutover.ts';
import { doctorCommand } from './doctor.ts';
import { reportFailure } from './failure.ts';
import { intentCommand } from './intent.ts';
import { isoCommand } from './iso/index.ts';
import { keysCommand } from './keys/command.ts';
import { ledgerCommand } from './ledger.ts';
import { linkCommand } from './link/command.ts';
import { loadCommand } from './load.ts';
import { merchantCommand } from './merchant.ts';
import { payCommand } from './pay.ts';
import { processCommands } from './processes.ts';
import { resetCommand } from './reset.ts';
import { reviewCommand } from './review.ts';
import { routingCommand } from './routing.ts';
import { settlementCommand } from './settlement/main.ts';
import { upCommand } from './up.ts';

const help = `
Start here:
  card-edge up                                   everything on this machine, with a story of payments
  card-edge pay 12.34 EUR                        pay with a test card
  card-edge intent show <intent>                 what happened, with the evidence
  card-edge load --rate 100                      many payments a second, with rates and percentiles
  card-edge cutover                              end the network's day: it writes its settlement file
  card-edge settlement load FILE                 load that file: every line is matched or an exception
  card-edge doctor                               what is missing and what to do

Each verb explains itself with --help; --json prints JSON. Exit codes: docs/errors.md.`;

function program(): Command {
  const { version } = JSON.parse(readFileSync(projectPath('package.json'), 'utf8')) as { version: string };
  const root = new Command('card-edge')
    .description('A card-acquiring processor')
    .version(version)
    .addHelpText('after', help);
  const verbs = [
    upCommand(),
    payCommand(),
    loadCommand(),
    intentCommand(),
    merchantCommand(),
    linkCommand(),
    routingCommand(),
    cutoverCommand(),
    reviewCommand(),
    settlementCommand(),
    ledgerCommand(),
    certifyCommand(),
    isoCommand(),
    keysCommand(),
    doctorCommand(),
    resetCommand(),
    ...processCommands(),
  ];
  for (const verb of verbs) root.addCommand(verb);
  throwInsteadOfExit(root);
  return root;
}

/** Every verb, and the verbs below it, fail by an error: the exit code is decided in one place. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(--help explains)');
  for (const verb of command.commands) throwInsteadOfExit(verb);
}

/** Exit code for a wrong command line, as for other wrong arguments. */
const exitUsage = 2;

// Whoever read the output has gone (a pager, head): the rest of it is not wanted, the work is still done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
  else process.exitCode = reportFailure(error, process.argv.includes('--json'));
}
