// Writes docs/errors.md from the one table of error codes. Usage: node dist/tools/errors-doc.js [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { status as grpcStatus } from '@grpc/grpc-js';
import { errorTable, type FaultCode } from '../common/errors.ts';
import { projectPath } from '../common/root.ts';

/** The document. */
export function errorsDocument(): string {
  const rows = (Object.keys(errorTable) as FaultCode[]).map((code) => {
    const row = errorTable[code];
    const grpc = `${grpcStatus[row.grpc] ?? ''} (${row.grpc})`;
    return `| \`${code}\` | ${grpc} | ${row.http} | ${row.exit} | ${row.retryable ? 'yes' : 'no'} | ${row.advice} |`;
  });
  return `# Error codes

Generated from \`common/errors.ts\` by \`make docs\`; do not edit.

A closed set. Unary gRPC calls carry the error in the trailer \`cardedge-error-bin\` (message \`cardedge.core.v1.Error\`), the stream in
\`Reply.error\`. *Again* says whether the same call may be made again unchanged; with the same idempotency key it never has a second effect.

| code | gRPC status | HTTP | exit | again | what to do |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Other exit codes of \`card-edge\`: 0 done, 1 failed without a code, 2 wrong arguments or configuration,
20 the payment was declined or not sent, 21 its outcome is not known yet.
`;
}

if (process.argv[1]?.endsWith('errors-doc.js') === true) {
  const path = projectPath('docs/errors.md');
  if (!process.argv.includes('--check')) {
    writeFileSync(path, errorsDocument());
  } else if (readFileSync(path, 'utf8') !== errorsDocument()) {
    process.stderr.write('docs/errors.md is not what common/errors.ts says: run "make docs"\n');
    process.exitCode = 1;
  }
}
