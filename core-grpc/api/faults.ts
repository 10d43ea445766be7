// Faults as callers get them: on the stream as a message, on unary calls as a status with the message in the trailer.
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { errorTable, Fault } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import { Error as ErrorMessage } from '../../proto/gen/cardedge/core/v1/types.ts';
import { Halted } from '../flow/core.ts';

/** The trailer that carries the encoded Error message. */
export const errorTrailer = 'cardedge-error-bin';

/** Any error as a Fault; what is not one is a fault of our own and is logged here, once. */
export function asFault(error: unknown, log: Log): Fault {
  if (error instanceof Fault) {
    if (error.code === 'INTERNAL') log.error({ cause: causeOf(error) }, error.message);
    return error;
  }
  if (!(error instanceof Halted)) {
    log.error(
      { cause: error instanceof Error ? (error.stack ?? error.message) : 'unknown' },
      'a call failed by a fault of our own',
    );
  }
  return new Fault('INTERNAL', 'A fault of card-edge itself.');
}

function causeOf(fault: Fault): string {
  return fault.cause instanceof Error ? fault.cause.message : '';
}

/** A Fault as the contract's message. */
export function errorMessage(fault: Fault): ErrorMessage {
  return ErrorMessage.create({
    code: fault.code,
    message: fault.message,
    violations: fault.violations.map((one) => ({ ...one })),
    retryable: errorTable[fault.code].retryable,
    retryAfterMs: fault.retryAfterMs,
  });
}

/** A Fault as the status of a unary call. */
export function statusOf(fault: Fault): Partial<StatusObject> & Pick<ServiceError, 'code' | 'details'> {
  const metadata = new Metadata();
  metadata.set(errorTrailer, ErrorMessage.encode(errorMessage(fault)));
  return { code: errorTable[fault.code].grpc, details: fault.message, metadata };
}
