// card-edge core, gateway, hsm, simulator: each process by itself, configured by its environment.
import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { gatewayNodeOptions, simulatorNodeOptions, usualNodeOptions } from '../common/node-options.ts';
import { projectPath } from '../common/root.ts';

/** The processes: program (below dist/), how V8 is set for it, and what it is. */
export const processes = {
  core: {
    program: 'core-grpc/main.js',
    nodeOptions: usualNodeOptions,
    about: 'payments, ledger and settlement on PostgreSQL; serves gRPC',
  },
  gateway: {
    program: 'acquirer-gateway/main.js',
    nodeOptions: gatewayNodeOptions,
    about: 'connections to the networks; ISO 8583',
  },
  hsm: {
    program: 'hsm/device/supervise-main.js',
    nodeOptions: usualNodeOptions,
    about: 'the HSM device of one token, the only process that loads PKCS#11, with a spare that takes over',
  },
  simulator: {
    program: 'simulators/main.js',
    nodeOptions: simulatorNodeOptions,
    about: 'a card network with an issuer, for development',
  },
} as const;

/** Path of a process's program. */
export function programOf(name: keyof typeof processes): string {
  return projectPath('dist', processes[name].program);
}

/** One verb per process: it runs in the foreground, takes signals and ends with the process's exit code. */
export function processCommands(): Command[] {
  return (Object.keys(processes) as Array<keyof typeof processes>).map((name) =>
    new Command(name)
      .description(`run one process: ${processes[name].about}`)
      .addHelpText(
        'after',
        '\nIt is configured by environment variables; started without them it names each with what it is for.\nOne JSON line on standard output says that it serves; logs go to standard error.',
      )
      .action(async () => {
        process.exitCode = await runInForeground([...processes[name].nodeOptions, programOf(name)]);
      }),
  );
}

function runInForeground(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
