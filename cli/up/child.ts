// One supervised process: started, watched, started again when it ends, stopped in order.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { alive, gone, signal, startOf } from './proc.ts';

/** First pause before a process that ended is started again; doubled each time. */
const pauseMsMin = 200;
/** Longest pause: a process that cannot start must not use up the machine. */
const pauseMsMax = 5_000;
/** A process that served this long had a good start: the pauses begin anew. */
const goodStartMs = 10_000;
/** Time for the first ready line: migrations and a first key generation included. */
const readyTimeoutMs = 60_000;
/** Time to stop in order before it is killed. */
const stopTimeoutMs = 15_000;

/** The line a process prints when it serves. */
export interface ReadyLine {
  readonly ready: true;
  readonly [address: string]: unknown;
}

/** How a process is run. */
export interface ChildSpec {
  readonly name: string;
  /** Path of the JavaScript file. */
  readonly program: string;
  /** Options of Node.js before the program. */
  readonly nodeOptions?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** File that standard error is appended to. */
  readonly logFile: string;
  /** File that names the running process, for the next supervisor if this one is killed. */
  readonly pidFile: string;
  /** Told of what happens to the process. */
  readonly onEvent: (event: ChildEvent) => void;
}

/** What happens to a process. */
export interface ChildEvent {
  readonly name: string;
  readonly event: 'ready' | 'ended';
  /** Exit code or signal, for `ended`. */
  readonly cause?: string;
  readonly pid: number;
}

/** stopped -> starting (start) -> ready (ready line) -> waiting (ended) -> starting (pause over); any -> stopped (stop). */
export class Child {
  readonly spec: ChildSpec;
  private process: ChildProcess | undefined;
  private state: 'stopped' | 'starting' | 'ready' | 'waiting' = 'stopped';
  private pauseMs = pauseMsMin;
  private pauseTimer: NodeJS.Timeout | undefined;
  private readonly waiters = new Set<{
    readonly resolve: (line: ReadyLine) => void;
    readonly reject: (error: Error) => void;
  }>();
  private line: ReadyLine | undefined;
  private starts = 0;
  /** Resolves when the end of the running process was reported: reports come in the order of the ends. */
  private told: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec) {
    this.spec = spec;
  }

  /** Process id now; undefined while it is not running. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** What it said last when it served. */
  get readyLine(): ReadyLine | undefined {
    return this.line;
  }

  /** How often it was started. */
  get startCount(): number {
    return this.starts;
  }

  /** Starts it; resolves with its ready line. Rejects if it ends before: a first start that fails is not repeated. */
  async start(): Promise<ReadyLine> {
    this.launch(true);
    return await this.ready(readyTimeoutMs);
  }

  /** Resolves when it serves, after a restart too. */
  ready(timeoutMs = readyTimeoutMs): Promise<ReadyLine> {
    if (this.state === 'ready' && this.line !== undefined) return Promise.resolve(this.line);
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: (line: ReadyLine) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error: Error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new Error(`${this.spec.name} did not serve in time; the end of its log:\n${this.logTail()}`));
      }, timeoutMs);
      this.waiters.add(waiter);
    });
  }

  /** Sends a signal and leaves the rest to the supervision: after `SIGKILL` it is started again, and what served before is not ready any more. */
  async kill(name: NodeJS.Signals): Promise<void> {
    const pid = this.process?.pid;
    if (pid === undefined) return;
    const { told } = this;
    signal(pid, name);
    // Its end may be seen in /proc before it is reported here.
    if (name === 'SIGKILL' && (await gone(pid, stopTimeoutMs))) await told;
  }

  /** Stops it in order and starts it again. */
  async restart(): Promise<ReadyLine> {
    await this.stop();
    return await this.start();
  }

  /** Stops it in order; kills it if it does not end in time. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.pauseTimer);
    const pid = this.process?.pid;
    if (pid !== undefined && alive(pid)) {
      signal(pid, 'SIGTERM');
      if (!(await gone(pid, stopTimeoutMs))) {
        signal(pid, 'SIGKILL');
        await gone(pid, stopTimeoutMs);
      }
      await this.told;
    }
    rmSync(this.spec.pidFile, { force: true });
  }

  /** The last lines of its log, for an error. */
  logTail(): string {
    try {
      return readFileSync(this.spec.logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
    } catch {
      return '';
    }
  }

  private launch(first: boolean): void {
    this.state = 'starting';
    this.line = undefined;
    this.starts += 1;
    const { name, program, nodeOptions = [], environment, logFile, pidFile } = this.spec;
    const log = openSync(logFile, 'a', 0o600);
    // Its own process group: Ctrl-C at the terminal reaches the supervisor only, which stops all in order.
    const child = spawn(process.execPath, [...nodeOptions, program], {
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', log],
    });
    this.process = child;
    const pid = child.pid ?? -1;
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid} ${startOf(child.pid)}\n`);
    const startedMs = performance.now();
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (text) => this.heard(text, pid));
    let tellEnded = (): void => {};
    this.told = new Promise((resolve) => {
      tellEnded = resolve;
    });
    const ended = (cause: string): void => {
      tellEnded();
      if (this.process !== child) return;
      this.process = undefined;
      this.spec.onEvent({ name, event: 'ended', cause, pid });
      if (this.state === 'stopped') return;
      if (first && this.state === 'starting') {
        this.state = 'stopped';
        this.settle((waiter) =>
          waiter.reject(new Error(`${name} ended before it served (${cause}); the end of its log:\n${this.logTail()}`)),
        );
        return;
      }
      this.state = 'waiting';
      if (performance.now() - startedMs > goodStartMs) this.pauseMs = pauseMsMin;
      this.pauseTimer = setTimeout(() => this.launch(false), this.pauseMs);
      this.pauseMs = Math.min(this.pauseMs * 2, pauseMsMax);
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, killedBy) => ended(killedBy ?? `exit code ${code}`));
    closeSync(log);
  }

  private heard(text: string, pid: number): void {
    if ((this.state !== 'starting' && this.state !== 'ready') || !text.startsWith('{')) return;
    try {
      const said = JSON.parse(text) as Partial<ReadyLine>;
      if (said.ready !== true) return;
      const line: ReadyLine = { ...said, ready: true };
      this.line = line;
      if (this.state === 'ready') return; // a process that supervises others says so again
      this.state = 'ready';
      this.spec.onEvent({ name: this.spec.name, event: 'ready', pid });
      this.settle((waiter) => waiter.resolve(line));
    } catch {
      // Not JSON: some other line on standard output.
    }
  }

  private settle(tell: (waiter: { resolve: (line: ReadyLine) => void; reject: (error: Error) => void }) => void): void {
    const waiters = [...this.waiters];
    this.waiters.clear();
    for (const waiter of waiters) tell(waiter);
  }
}
