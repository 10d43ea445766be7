// What stays in a gateway's heap after payments: outcomes, late answers that wait for a core, tombstones - and no card number.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import { projectPath } from '../common/root.ts';
import type { HeapReport } from './heap-probe.ts';

const program = projectPath('dist', 'acquirer-gateway', 'heap-probe.js');

t.test(
  'no card number stays in the heap',
  { skip: existsSync(program) ? false : 'skipped: not built', timeout: 400_000 },
  async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    const report = JSON.parse(stdout) as HeapReport;
    t.ok(report.references > 0, 'the search finds what is there: the reference of a late answer');
    t.equal(report.pans, 0, 'card numbers as text');
    t.equal(report.packedPans, 0, 'card numbers as in the message');
    t.equal(report.tombstones, 200);
    t.equal(report.outcomes, 300);
  },
);
