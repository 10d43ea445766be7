// How a verb fails: a sentence on standard error and an exit code of common/errors.ts.
import { status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { ConfigError } from '../common/config.ts';
import { errorTable, Fault, type FaultCode } from '../common/errors.ts';
import { redact } from '../common/redact.ts';
import { Error as WireError } from '../proto/gen/cardedge/core/v1/types.ts';

/** A failure with its exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** True for a code of the table. */
function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(errorTable, code);
}

/** The fault that a core answered with, read from the trailer; undefined if the call failed otherwise. */
export function faultOf(error: ServiceError): Fault | undefined {
  const [trailer] = error.metadata?.get('cardedge-error-bin') ?? [];
  if (!Buffer.isBuffer(trailer)) return undefined;
  const wire = WireError.decode(trailer);
  if (!isFaultCode(wire.code)) return undefined;
  return new Fault(wire.code, wire.message, { violations: wire.violations, retryAfterMs: wire.retryAfterMs });
}

/** The error of a gRPC call as something to show. */
export function callFailure(error: ServiceError, address: string): Error {
  const fault = faultOf(error);
  if (fault !== undefined) return fault;
  if (error.code === grpcStatus.UNAVAILABLE) {
    return new Failure(
      `nothing answers at ${address} (${error.details}): is card-edge up? See "card-edge doctor".`,
      errorTable.STORE_UNAVAILABLE.exit,
    );
  }
  if (error.code === grpcStatus.DEADLINE_EXCEEDED)
    return new Failure(`no answer in time from ${address}`, errorTable.DEADLINE_EXCEEDED.exit);
  return new Failure(`${grpcStatus[error.code] ?? error.code}: ${error.details}`, errorTable.INTERNAL.exit);
}

/** Prints an error and gives the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof Fault) {
    const row = errorTable[error.code];
    if (json) {
      say(
        JSON.stringify({
          error: { code: error.code, message: error.message, violations: error.violations, retryable: row.retryable },
        }),
      );
    } else {
      say(`${error.code}: ${error.message}`);
      for (const violation of error.violations) say(`  ${violation.field}: ${violation.description}`);
      say(row.advice);
    }
    return row.exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  say(json ? JSON.stringify({ error: { message } }) : message);
  if (error instanceof Failure) return error.exitCode;
  return error instanceof ConfigError ? errorTable.INVALID_ARGUMENT.exit : 1;
}

function say(text: string): void {
  process.stderr.write(`${redact(text)}\n`);
}
