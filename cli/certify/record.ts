// card-edge certify record and compare: a watched session as the skeleton of a pack, and two runs beside each other.
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { compareRuns, type RecordedRun } from '../../simulators/certify/compare.ts';
import { skeleton } from '../../simulators/certify/record.ts';
import { Failure } from '../failure.ts';
import { readInfo, stateFolder } from '../info.ts';
import { loadPack } from './run.ts';
import { directorOf } from './system.ts';

interface RecordOptions {
  readonly stateDir?: string;
  readonly control?: string;
  readonly dialect: string;
  readonly seconds: number;
  readonly messages: number;
}

/** How often is looked whether enough came, ms. */
const lookMs = 100;

const recordHelp = `
Examples:
  card-edge certify record mine.yaml                       watch the system of \`make run\` for a minute, or until Ctrl-C
  card-edge certify record mine.yaml --messages 2          until two messages came
  card-edge certify record mine.yaml --control sim.sock    a gateway that is not ours, at the simulator with this control socket

Only masked values are written. The calls are guessed: read the file before you run it.`;

/** The verb that records. */
export function recordCommand(): Command {
  return new Command('record')
    .description('watch what the network host receives and write it as the skeleton of a pack')
    .argument('<file>', 'YAML file to write')
    .option('--state-dir <folder>', 'state folder of the running system')
    .option('--control <socket>', "the simulator's control socket, if it is not the one of the state folder")
    .option('--dialect <name>', 'dialect of the network', 'iso87')
    .option('--seconds <n>', 'longest watch', Number, 60)
    .option('--messages <n>', 'stop after so many messages', Number, 1000)
    .addHelpText('after', recordHelp)
    .action(record);
}

async function record(file: string, options: RecordOptions): Promise<void> {
  const control = options.control ?? readInfo(stateFolder(options.stateDir))?.simulatorControl;
  if (control === undefined) throw new Failure('no system runs in this state folder: start one with "make run"');
  const { names, network } = loadPack(options.dialect);
  const director = directorOf(control, network);
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
  });
  await director.begin([]);
  process.stderr.write('watching; Ctrl-C ends it\n');
  const untilMs = performance.now() + options.seconds * 1000;
  let messages = await director.judged();
  while (!stopped && messages.length < options.messages && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    messages = await director.judged();
  }
  // The last one's answer may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, lookMs * 5));
  messages = await director.judged();
  await director.end();
  writeFileSync(file, skeleton(messages, options.dialect, names));
  process.stdout.write(`${messages.length} messages written to ${file}\n`);
}

/** The verb that compares. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('what differs between two runs (files of `certify run --json`): outcomes, messages, fields')
    .argument('<first>', 'JSON file of the first run')
    .argument('<second>', 'JSON file of the second run')
    .option('--json', 'print JSON')
    .action((first: string, second: string, options: { readonly json?: boolean }) => {
      const found = compareRuns(readRun(first), readRun(second));
      if (options.json === true) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      else process.stdout.write(found.length === 0 ? 'the two runs tell the same\n' : `${found.join('\n')}\n`);
      process.exitCode = found.length === 0 ? 0 : 1;
    });
}

function readRun(path: string): RecordedRun {
  try {
    const run = JSON.parse(readFileSync(path, 'utf8')) as RecordedRun;
    if (Array.isArray(run.results)) return run;
  } catch {
    // told below
  }
  throw new Failure(`${path} is not a file of "card-edge certify run --json"`, 2);
}
