// card-edge cutover: the simulated network ends its day and writes its settlement file.
import { Command } from 'commander';
import { fileFaultKinds } from '../simulators/settlement/file-faults.ts';
import { fileFormats } from '../simulators/settlement/formats.ts';
import { type ConnectOptions, systemInfo, withConnectOptions } from './connect.ts';
import { type CutoverAnswer, control } from './control.ts';
import { line, printJson } from './print.ts';

/** The verb. */
export function cutoverCommand(): Command {
  return withConnectOptions(new Command('cutover'))
    .description("end the simulated network's day: it writes a settlement file from its own books")
    .option('--format <form>', `how to write it: ${fileFormats.join(', ')}`, 'csv')
    .option('--fault <name...>', `what the file shall get wrong: ${Object.keys(fileFaultKinds).join(', ')}`)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nThen load the file: card-edge settlement load <file>')
    .action(run);
}

async function run(
  options: ConnectOptions & { readonly json?: boolean; readonly format: string; readonly fault?: readonly string[] },
): Promise<void> {
  const answer = await control<CutoverAnswer>(systemInfo(options).simulatorControl, {
    command: 'cutover',
    format: options.format,
    faults: options.fault ?? [],
  });
  if (options.json === true) printJson(answer);
  else line(`${answer.file}: ${answer.records} records`);
}
