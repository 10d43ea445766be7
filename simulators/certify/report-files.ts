// Results of a pack for build servers and for people who were not there: JUnit XML and one HTML file with the wire trace in it.
import type { Pack } from './pack.ts';
import { type CaseResult, fieldName } from './run.ts';
import type { ScriptedMessage, ShownMessage } from './script.ts';

/** JUnit XML. */
export function junitReport(pack: string, results: readonly CaseResult[]): string {
  const failed = results.filter((result) => result.failures.length > 0).length;
  const skipped = results.filter((result) => result.leftOut !== undefined).length;
  const cases = results.map((result) => {
    const open = `  <testcase classname="${escaped(pack)}" name="${escaped(result.name)}" time="${(result.durationMs / 1000).toFixed(3)}"`;
    if (result.leftOut !== undefined)
      return `${open}>\n    <skipped message="${escaped(result.leftOut)}"/>\n  </testcase>\n`;
    if (result.failures.length === 0) return `${open}/>\n`;
    const failures = result.failures.map(({ text }) => `    <failure message="${escaped(text)}"/>\n`).join('');
    return `${open}>\n${failures}  </testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${escaped(pack)}" tests="${results.length}" failures="${failed}" skipped="${skipped}">\n${cases.join('')}</testsuite>\n`;
}

/** What an HTML report says about its run. */
export interface ReportFacts {
  readonly pack: string;
  readonly specification: string;
  /** When it ran, ISO 8601. */
  readonly at: string;
  readonly names: Pack['names'];
}

const style = `body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem}table{border-collapse:collapse;margin:.5rem 0 1rem;font:12px ui-monospace,monospace}
td,th{padding:.15rem .7rem .15rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #e6e9ef;word-break:break-all}
summary{cursor:pointer;padding:.25rem 0}.pass{color:#0a7a3d}.fail{color:#b3261e}.wrong td{background:#fdecea}
.bar{height:.6rem;background:#b3261e;border-radius:.3rem;overflow:hidden;max-width:30rem}.bar div{height:100%;background:#0a7a3d}
.muted{color:#667085}li{margin:.15rem 0}`;

/** One HTML file: no scripts, nothing loaded from elsewhere. All values are masked already. */
export function htmlReport(facts: ReportFacts, results: readonly CaseResult[]): string {
  const failed = results.filter((result) => result.failures.length > 0).length;
  const left = results.filter((result) => result.leftOut !== undefined).length;
  const played = results.length - left;
  const passed = played - failed;
  const share = played === 0 ? 0 : (100 * passed) / played;
  const seconds = (results.reduce((sum, result) => sum + result.durationMs, 0) / 1000).toFixed(1);
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(facts.pack)}: ${passed} of ${played} passed</title><style>${style}</style></head><body>`,
    `<h1>Certification pack ${escaped(facts.pack)}</h1>`,
    `<p class="muted">${escaped(facts.specification)}, ${escaped(facts.at)}, ${seconds} s</p>`,
    `<p><b class="pass">${passed} passed</b>, <b class="${failed === 0 ? 'muted' : 'fail'}">${failed} failed</b>${left === 0 ? '' : `, ${left} left out`}</p><div class="bar"><div style="width:${share.toFixed(1)}%"></div></div>`,
    ...results.map((result) => caseHtml(result, facts.names)),
    '</body></html>\n',
  ].join('\n');
}

function caseHtml(result: CaseResult, names: Pack['names']): string {
  if (result.leftOut !== undefined)
    return `<p class="muted">left out: <b>${escaped(result.name)}</b> ${escaped(result.about)} (${escaped(result.leftOut)})</p>`;
  const ok = result.failures.length === 0;
  const wire = result.messages.map((message) => message.mti).join(' ');
  return [
    `<details${ok ? '' : ' open'}><summary><b class="${ok ? 'pass' : 'fail'}">${ok ? 'pass' : 'FAIL'}</b> <b>${escaped(result.name)}</b> ${escaped(result.about)} <span class="muted">${wire}, ${Math.round(result.durationMs)} ms</span></summary>`,
    ok ? '' : `<ul>${result.failures.map(({ text }) => `<li class="fail">${escaped(text)}</li>`).join('')}</ul>`,
    ...result.messages.flatMap((message) => [
      messageHtml(message, names),
      ...message.answers.map((answer) => answerHtml(answer, names)),
    ]),
    '</details>',
  ].join('\n');
}

function messageHtml(message: ScriptedMessage, names: Pack['names']): string {
  const checks = message.checks.map(({ path, expected, received, ok }) =>
    row(ok ? '' : 'wrong', [fieldName(path, names), expected, received]),
  );
  const judged = new Set(message.checks.map((check) => check.path));
  const others = message.fields
    .filter((field) => !judged.has(field.path))
    .map((field) => row('', [fieldName(field.path, names), '', field.value]));
  return `<p>&rarr; <b>${message.mti}</b> <span class="muted">received after ${message.atMs} ms${message.expectation === undefined ? ', not expected' : ''}</span></p><table><tr><th>field</th><th>expected</th><th>received</th></tr>${checks.join('')}${others.join('')}</table>`;
}

function answerHtml(answer: ShownMessage, names: Pack['names']): string {
  const rows = answer.fields.map((field) => row('', [fieldName(field.path, names), field.value]));
  return `<p>&larr; <b>${answer.mti}</b> <span class="muted">answered after ${answer.atMs} ms</span></p><table>${rows.join('')}</table>`;
}

function row(kind: string, cells: readonly string[]): string {
  return `<tr${kind === '' ? '' : ` class="${kind}"`}>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
