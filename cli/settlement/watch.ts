// card-edge settlement watch: a folder for drops. A file that is whole is loaded and goes to a folder that says what became of it.
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { type ConnectOptions, connect, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line } from '../print.ts';
import { textOf } from './mapping.ts';
import { describeFile } from './show.ts';
import { uploadFile } from './upload.ts';

/** A file is whole when its size has stayed the same from one look to the next. */
const lookMs = 2_000;

/** Where files go: loaded ones (also those loaded before), and those that the core refused. */
const folders = { loaded: 'loaded', quarantined: 'quarantined' } as const;

interface Options extends ConnectOptions {
  readonly network?: string;
  readonly mapping?: string;
  readonly currency?: string;
  readonly once?: boolean;
}

/** The verb. */
export function watchCommand(): Command {
  return withConnectOptions(new Command('watch'))
    .description('load every file that is dropped into a folder')
    .argument('<folder>', 'files arrive here; they go to its folders "loaded" and "quarantined"')
    .option('--network <name>', 'network they must be of (default: what the files say)')
    .option('--mapping <file>', 'which column is what, for CSVs of no known format')
    .option('--currency <code>', 'currency of formats that name none')
    .option('--once', 'load what is there and end')
    .addHelpText(
      'after',
      '\nNames that start with a point or end in .part, .tmp or .filepart are still being written and left alone. When the core cannot be\nreached a file stays and is tried again: loading a file twice changes nothing.',
    )
    .action(watch);
}

/** Sizes by name of what may be loaded. */
function sizes(folder: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.') || /\.(part|tmp|filepart)$/.test(entry.name)) continue;
    found.set(entry.name, statSync(join(folder, entry.name)).size);
  }
  return found;
}

async function watch(folder: string, options: Options): Promise<void> {
  try {
    for (const name of Object.values(folders)) mkdirSync(join(folder, name), { recursive: true });
  } catch (cause) {
    throw new Failure(`${folder} cannot be used: ${cause instanceof Error ? cause.message : 'unknown reason'}`, 2);
  }
  const mapping = options.mapping === undefined ? '' : textOf(options.mapping);
  let before = sizes(folder);
  for (;;) {
    await delay(lookMs);
    const now = sizes(folder);
    const whole = [...now].filter(([name, size]) => before.get(name) === size).map(([name]) => name);
    for (const name of whole.sort()) await loadOne(folder, name, options, mapping);
    before = sizes(folder);
    if (options.once === true) return;
  }
}

async function loadOne(folder: string, name: string, options: Options, mapping: string): Promise<void> {
  const connection = connect(options);
  try {
    const given = { network: options.network ?? '', dryRun: false, mapping, currency: options.currency ?? '' };
    const file = await uploadFile(connection, join(folder, name), given, () => {});
    for (const text of describeFile(file)) line(text);
    const target = file.state === 'QUARANTINED' ? folders.quarantined : folders.loaded;
    renameSync(join(folder, name), join(folder, target, `${file.sha256.slice(0, 12)}-${name}`));
  } catch (error) {
    if (options.once === true) throw error;
    line(`${name}: ${error instanceof Error ? error.message : 'failed'}; it stays and is tried again`);
  } finally {
    connection.close();
  }
}
