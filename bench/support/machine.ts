// The facts of the machine and the programs, printed with every figure.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { projectPath } from '../../common/root.ts';

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly cardEdge: string;
  readonly grpcJs: string;
  readonly pg: string;
}

function versionOf(folder: string): string {
  const text = readFileSync(projectPath(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Machine and versions. */
export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    arch: arch(),
    node: process.version,
    cardEdge: versionOf('.'),
    grpcJs: versionOf('node_modules/@grpc/grpc-js'),
    pg: versionOf('node_modules/pg'),
  };
}
