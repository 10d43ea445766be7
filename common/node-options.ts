// How V8 is set for a process. These stand on its command line: V8 reads them before any of ours runs.

/**
 * What is in flight at 10,000 payments a second outlives the default young generation and would be copied to the old one: with 64 MB the core spends
 * 18 % less CPU a payment (core-grpc/README.md).
 */
export const usualNodeOptions: readonly string[] = ['--max-semi-space-size=64'];

/**
 * The simulator's books are most of its heap and never garbage: looking through them for some would cost a core for a second, again and again. Memory is
 * taken as they grow.
 */
export const simulatorNodeOptions: readonly string[] = [...usualNodeOptions, '--initial-old-space-size=2048'];

/**
 * The gateway keeps little: 16 MB are collected in 1 ms. In one thread: there is too little to share, and to wait for helpers that have no core makes
 * pauses of 10 ms and costs a fifth of the CPU (bench/README.md, "The gateway alone").
 */
export const gatewayNodeOptions: readonly string[] = ['--max-semi-space-size=16', '--no-parallel-scavenge'];
