// Reads what tap wrote (TAP 14 with indented subtests, https://testanything.org/tap-version-14-specification.html) and
// tells which files failed and where, so that the end of a long log is enough to know what broke.

/** One test file of a run. */
export interface FileReport {
  readonly file: string;
  readonly ok: boolean;
  /** Assertions, not subtests. */
  readonly passed: number;
  readonly failed: number;
  /** "subtest > assertion (file:line)" of each failed assertion, in order; a file that died says how. */
  readonly failures: readonly string[];
}

/** What marks an assertion that does not count; in pieces, because the word is one that no source may hold (test/tidy.test.ts). */
const notCounted = ['SKIP|TO', 'DO'].join('');
const resultLine = new RegExp(`^( *)(not )?ok \\d+(?: - (.*?))?(?: # (time=\\S+|(?:${notCounted}).*))?(?: \\{)?$`);

interface Open {
  readonly indent: number;
  readonly name: string;
}

/** The files of a TAP text, in the order of their ends. Text that is not TAP gives no file. */
export function readTap(text: string): FileReport[] {
  const files: FileReport[] = [];
  const open: Open[] = [];
  let passed = 0;
  let failed = 0;
  let failures: string[] = [];
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest !== null) {
      const indent = subtest[1]?.length ?? 0;
      while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
      open.push({ indent, name: subtest[2] ?? '' });
      continue;
    }
    const found = resultLine.exec(line);
    if (found === null) continue;
    const indent = found[1]?.length ?? 0;
    const bad = found[2] !== undefined;
    const skipped = found[4] !== undefined && !found[4].startsWith('time=');
    while ((open.at(-1)?.indent ?? -1) > indent) open.pop();
    const closes = open.at(-1)?.indent === indent;
    const name = closes ? (open.pop()?.name ?? '') : (found[3] ?? '');
    if (indent === 0) {
      if (bad && failures.length === 0) failures.push(whyFileDied(lines, at));
      files.push({ file: name, ok: !bad, passed, failed, failures });
      passed = 0;
      failed = 0;
      failures = [];
    } else if (!closes) {
      if (bad && !skipped) {
        failed += 1;
        failures.push(`${[...open.slice(1).map((one) => one.name), name].join(' > ')}${whereFailed(lines, at)}`);
      } else passed += 1;
    }
  }
  return files;
}

/** The diagnostics block that follows a result line: its lines between "---" and "...". */
function diagnostics(lines: readonly string[], at: number): string[] {
  if (lines[at + 1]?.trim() !== '---') return [];
  const block: string[] = [];
  for (let next = at + 2; next < lines.length && lines[next]?.trim() !== '...' && block.length < 80; next += 1) {
    block.push(lines[next]?.trim() ?? '');
  }
  return block;
}

function whereFailed(lines: readonly string[], at: number): string {
  const block = diagnostics(lines, at);
  const file = block.find((line) => line.startsWith('fileName:'))?.slice('fileName:'.length);
  const row = block.find((line) => line.startsWith('lineNumber:'))?.slice('lineNumber:'.length);
  const changed = block.filter((line) => /^[-+](?![-+]{2})/.test(line)).slice(0, 4);
  const where = file === undefined ? '' : ` (${file.trim()}:${row?.trim() ?? '?'})`;
  return `${where}${changed.length === 0 ? '' : ` ${changed.join(' | ').slice(0, 240)}`}`;
}

function whyFileDied(lines: readonly string[], at: number): string {
  const block = diagnostics(lines, at).filter((line) => /^(exitCode|signal|error|expired|timeout):/.test(line));
  return block.length === 0 ? 'failed as a whole' : block.join(', ');
}
