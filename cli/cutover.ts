// card-edge cutover: the simulated network ends its day and writes its settlement file.
import { Command } from 'commander';
import { type ConnectOptions, systemInfo, withConnectOptions } from './connect.ts';
import { type CutoverAnswer, control } from './control.ts';
import { line, printJson } from './print.ts';

/** The verb. */
export function cutoverCommand(): Command {
  return withConnectOptions(new Command('cutover'))
    .description("end the simulated network's day: it writes a settlement file from its own books")
    .option('--json', 'print JSON')
    .addHelpText('after', '\nThen load the file: card-edge settlement load <file>')
    .action(run);
}

async function run(options: ConnectOptions & { readonly json?: boolean }): Promise<void> {
  const answer = await control<CutoverAnswer>(systemInfo(options).simulatorControl, { command: 'cutover' });
  if (options.json === true) printJson(answer);
  else line(`${answer.file}: ${answer.records} records`);
}
