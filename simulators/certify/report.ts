// The results of a pack for people and for CI.
import type { CaseResult } from './run.ts';

/** Lines for a terminal: one per case, and beneath a failed one everything that differs. */
export function textReport(result: CaseResult): string {
  const head = `${result.failures.length === 0 ? 'pass' : 'FAIL'}  ${result.name.padEnd(28)} ${result.about}`;
  const wire = result.messages.map((message) => message.mti).join(' ');
  if (result.failures.length === 0) return `${head}\n`;
  return `${head}\n${result.failures.map((failure) => `        ${failure}\n`).join('')}        on the wire: ${wire === '' ? 'nothing' : wire}\n`;
}

/** JUnit XML. */
export function junitReport(pack: string, results: readonly CaseResult[]): string {
  const failed = results.filter((result) => result.failures.length > 0).length;
  const cases = results.map((result) => {
    const open = `  <testcase classname="${xml(pack)}" name="${xml(result.name)}" time="${(result.durationMs / 1000).toFixed(3)}"`;
    if (result.failures.length === 0) return `${open}/>\n`;
    const failures = result.failures.map((failure) => `    <failure message="${xml(failure)}"/>\n`).join('');
    return `${open}>\n${failures}  </testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${xml(pack)}" tests="${results.length}" failures="${failed}">\n${cases.join('')}</testsuite>\n`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
