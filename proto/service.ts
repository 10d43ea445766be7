// What the generated service definitions are made of, and a typed client over them.
import {
  type CallOptions,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  makeGenericClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';

/** How a message becomes bytes and back. */
interface Codec<T> {
  encode(message: T): Buffer;
  decode(bytes: Buffer): T;
}

/** One rpc, in the form that grpc-js takes. */
export interface Method<Request, Response, RequestStream extends boolean, ResponseStream extends boolean> {
  readonly path: string;
  readonly requestStream: RequestStream;
  readonly responseStream: ResponseStream;
  readonly requestSerialize: (message: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (message: Response) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Used by generated code only. */
export function method<Request, Response, RequestStream extends boolean, ResponseStream extends boolean>(
  path: string,
  requestStream: RequestStream,
  responseStream: ResponseStream,
  request: Codec<Request>,
  response: Codec<Response>,
): Method<Request, Response, RequestStream, ResponseStream> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}

type Done<Response> = (error: ServiceError | null, response?: Response) => void;

type ClientCall<M> =
  M extends Method<infer Request, infer Response, infer RequestStream, infer ResponseStream>
    ? RequestStream extends true
      ? ResponseStream extends true
        ? (metadata?: Metadata, options?: CallOptions) => ClientDuplexStream<Request, Response>
        : (metadata: Metadata, options: CallOptions, done: Done<Response>) => ClientWritableStream<Request>
      : ResponseStream extends true
        ? (request: Request, metadata?: Metadata, options?: CallOptions) => ClientReadableStream<Response>
        : (request: Request, metadata: Metadata, options: CallOptions, done: Done<Response>) => ClientUnaryCall
    : never;

type ServerCall<M> =
  M extends Method<infer Request, infer Response, infer RequestStream, infer ResponseStream>
    ? RequestStream extends true
      ? ResponseStream extends true
        ? handleBidiStreamingCall<Request, Response>
        : handleClientStreamingCall<Request, Response>
      : ResponseStream extends true
        ? handleServerStreamingCall<Request, Response>
        : handleUnaryCall<Request, Response>
    : never;

/** The methods of a service as a client calls them, with `close`. */
export type ServiceClient<S> = { readonly [K in keyof S]: ClientCall<S[K]> } & {
  close(): void;
  waitForReady(deadline: Date | number, done: (error?: Error) => void): void;
};

/** The methods of a service as a server serves them: every one, or it does not compile. */
export type ServiceHandlers<S> = { readonly [K in keyof S]: ServerCall<S[K]> };

/**
 * Options of a channel to an address of this machine. TLS names servers by name only (RFC 6066, 3), and on this machine that name is localhost;
 * any other address must be dialled by the name in its certificate.
 */
export function loopbackOptions(address: string): ClientOptions {
  return /^(127\.[0-9.]+|\[::1\]):\d+$/.test(address) ? { 'grpc.ssl_target_name_override': 'localhost' } : {};
}

/** A client of a generated service. */
export function makeClient<S extends object>(
  service: S,
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions = {},
): ServiceClient<S> {
  // grpc-js types its constructor by index signature; the mapped type above says what the definition says.
  const Client = makeGenericClientConstructor(service as never, 'card-edge');
  return new Client(address, credentials, { ...loopbackOptions(address), ...options }) as unknown as ServiceClient<S>;
}
