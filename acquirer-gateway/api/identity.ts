// Who calls: the common name of the client's certificate, against the list of the configuration.
import { Metadata, type ServerUnaryCall, type ServiceError, status } from '@grpc/grpc-js';

/** A call as far as the identity needs it. */
export interface IdentifiedCall {
  getAuthContext(): ReturnType<ServerUnaryCall<unknown, unknown>['getAuthContext']>;
}

/** The caller's name, or undefined for a connection without a client certificate. */
export function callerOf(call: IdentifiedCall): string | undefined {
  const name: unknown = call.getAuthContext()?.sslPeerCertificate?.subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** An error as gRPC wants it. */
export function serviceError(code: status, details: string): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

/** The refusal of a caller that is not on the list; undefined if it is. */
export function refuseCaller(call: IdentifiedCall, allowed: ReadonlySet<string>): ServiceError | undefined {
  const caller = callerOf(call);
  if (caller === undefined) return serviceError(status.UNAUTHENTICATED, 'a client certificate is needed');
  return allowed.has(caller)
    ? undefined
    : serviceError(status.PERMISSION_DENIED, 'this client may not use the gateway');
}
