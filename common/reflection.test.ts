import type { Server } from '@grpc/grpc-js';
import t from 'tap';
import { addReflection, fileDescriptors } from './reflection.ts';

t.test('the descriptors are those of the contracts and name map entries as the compiler does', async (t) => {
  const files = fileDescriptors().map((bytes) => bytes.toString('latin1'));
  const payments = files.find((file) => file.includes('cardedge/core/v1/payments.proto'));
  t.ok(payments?.includes('MetadataEntry'), 'grpcurl refuses the field metadata under any other entry name');
  t.ok(files.some((file) => file.includes('cardedge/gateway/v1/gateway.proto')));
});

t.test('a server is given the reflection service', async (t) => {
  const added: string[] = [];
  const server = { addService: (definition: object) => added.push(...Object.keys(definition)) };
  addReflection(server as unknown as Server, ['cardedge.core.v1.PaymentService']);
  t.ok(added.includes('ServerReflectionInfo'));
});
