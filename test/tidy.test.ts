import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { errorTable } from '../common/errors.ts';
import { projectPath } from '../common/root.ts';
import { errorsDocument } from '../tools/errors-doc.ts';

const folders = [
  'common',
  'proto',
  'hsm',
  'acquirer-gateway',
  'core-grpc',
  'simulators',
  'cli',
  'bench',
  'test',
  'tools',
];
/** A file of more lines asks for a look. */
const linesMax = 400;
/** Tests of many foreign vectors are long tables. */
const testLinesMax = 700;

function files(suffix: RegExp): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(projectPath(folder), { recursive: true }).map((name) => join(folder, String(name))),
    )
    .filter((path) => suffix.test(path) && !path.startsWith('proto/gen/'));
}

const read = (path: string): string => readFileSync(projectPath(path), 'utf8');

t.test('source files are short', async (t) => {
  for (const path of files(/\.(ts|mjs)$/)) {
    const lines = read(path).split('\n').length;
    if (lines > (/\.test\.ts$|\/testing\//.test(path) ? testLinesMax : linesMax))
      t.fail(`${path} has ${lines} lines: split it by noun`);
  }
  t.pass('looked at all');
});

t.test('nothing is left for later in a comment, and no machine is named', async (t) => {
  const later = new RegExp(['TO', 'DO|FIX', 'ME|HA', 'CK\\b'].join('')); // in pieces, so that this file does not find itself
  const machine = new RegExp(['/ho', 'me/[a-z]|/ro', 'ot/|/wo', 'rk/'].join(''));
  for (const path of files(/\.(ts|mjs|sql|proto)$/)) {
    for (const [index, text] of read(path).split('\n').entries()) {
      if (later.test(text)) t.fail(`${path}:${index + 1} leaves something for later`);
      if (machine.test(text)) t.fail(`${path}:${index + 1} names a folder of one machine`);
    }
  }
  t.pass('looked at all');
});

t.test('every error code is documented', async (t) => {
  const written = read('docs/errors.md');
  t.equal(written, errorsDocument(), 'docs/errors.md is generated: make docs');
  for (const code of Object.keys(errorTable)) t.ok(written.includes(`\`${code}\``), code);
});

t.test('every rpc, message, enum and field of the protos has a comment above it', async (t) => {
  for (const path of files(/\.proto$/)) {
    const lines = read(path).split('\n');
    for (const [index, text] of lines.entries()) {
      const declares = /^\s*(rpc|message|enum|service)\s+\w+|^\s+(optional |repeated )?[\w.<>, ]+\s\w+ = \d+;/.test(
        text,
      );
      if (declares && !/^\s*\/\//.test(lines[index - 1] ?? ''))
        t.fail(`${path}:${index + 1} has no comment: ${text.trim()}`);
    }
  }
  t.pass('looked at all');
});

t.test('every test lies beside what it tests, or in test/', async (t) => {
  for (const path of files(/\.test\.ts$/)) {
    if (path.startsWith('test/')) continue;
    const source = path.replace(/\.test\.ts$/, '.ts');
    const folder = path.replace(/\/[^/]+$/, '');
    const beside =
      existsSync(projectPath(source)) ||
      readdirSync(projectPath(folder)).some((name) => /\.(ts|json)$/.test(name) && !name.endsWith('.test.ts'));
    if (!beside) t.fail(`${path} tests nothing beside it`);
  }
  t.pass('looked at all');
});
