// gRPC server reflection from the descriptors that the protobuf compiler made. Loading the .proto files at run time would not do: the loader
// misnames the entry types of map fields, which strict clients (grpcurl) refuse.
import { readFileSync } from 'node:fs';
import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { WireReader } from '../proto/wire.ts';
import { projectPath } from './root.ts';

/** FileDescriptorSet.file: field 1, length-delimited (google/protobuf/descriptor.proto). */
const fileTag = 10;

/** The FileDescriptorProto messages of proto/gen/descriptors.binpb. */
export function fileDescriptors(): Buffer[] {
  const reader = new WireReader(readFileSync(projectPath('proto', 'gen', 'descriptors.binpb')));
  const files: Buffer[] = [];
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === fileTag) files.push(reader.bytes());
    else reader.skip(tag);
  }
  return files;
}

/** Adds reflection of these services, given by full name, to a server. */
export function addReflection(server: Pick<Server, 'addService'>, services: readonly string[]): void {
  const all = {
    all: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos: fileDescriptors() },
  };
  new ReflectionService(all as unknown as PackageDefinition, { services: [...services] }).addToServer(server);
}
