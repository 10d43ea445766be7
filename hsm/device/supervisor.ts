// Keeps one device process alive: starts it, restarts it when it ends, ends it when it no longer answers (a PKCS#11 library can hang its thread).
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hsmRestartMsMax, hsmSilenceMsMax } from '../../common/limits.ts';
import { HsmSetupError } from './pkcs11.ts';

export interface SuperviseOptions {
  /** Configuration file of the device (CARD_EDGE_HSM_CONFIG). */
  readonly configPath: string;
  /** Operational events for the log: text without data. */
  readonly onEvent?: (event: string) => void;
}

export interface SupervisedHsm {
  /** Resolves when the device serves for the first time; rejects with one sentence when it cannot start. */
  readonly started: Promise<void>;
  readonly restarts: number;
  /** Process id of the device now, undefined between two lives. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** A life shorter than this doubles the pause before the next; a longer one resets it. */
const SHORT_LIFE_MS = 5_000;
const FIRST_PAUSE_MS = 10;

/** running -> (exit) pause -> running; any -> stopped. */
class Supervisor implements SupervisedHsm {
  readonly started: Promise<void>;
  restarts = 0;
  private child: ChildProcess | undefined;
  private stopping = false;
  private wasReady = false;
  private pauseMs = FIRST_PAUSE_MS;
  private pauseTimer: NodeJS.Timeout | undefined;
  private readonly options: SuperviseOptions;
  private settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(options: SuperviseOptions) {
    this.options = options;
    this.started = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.start();
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.pauseTimer);
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  }

  private start(): void {
    const program = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
    const child = fork(program, {
      env: { ...process.env, CARD_EDGE_HSM_CONFIG: this.options.configPath },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    const bornMs = performance.now();
    let errors = '';
    let silence: NodeJS.Timeout | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        this.options.onEvent?.('the device does not answer: killed');
        child.kill('SIGKILL');
      }, hsmSilenceMsMax);
      silence.unref();
    };
    child.on('message', heard);
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-2_000);
    });
    child.stdout?.on('data', (chunk: Buffer) => this.onLines(chunk.toString('utf8')));
    child.once('exit', (code, signal) => {
      clearTimeout(silence);
      this.onExit(performance.now() - bornMs, errors, `${signal ?? code}`);
    });
  }

  private onLines(text: string): void {
    for (const line of text.split('\n')) {
      if (line.includes('"ready":true')) {
        this.wasReady = true;
        this.settle?.resolve();
      } else if (line !== '') {
        this.options.onEvent?.(line);
      }
    }
  }

  private onExit(lifeMs: number, errors: string, how: string): void {
    this.child = undefined;
    if (this.stopping) return;
    if (!this.wasReady) {
      // It never served: configuration or token need an operator, not another attempt.
      this.settle?.reject(new HsmSetupError(errors.trim().split('\n').at(-1) ?? `the HSM device ended (${how})`));
      return;
    }
    this.pauseMs = lifeMs >= SHORT_LIFE_MS ? FIRST_PAUSE_MS : Math.min(this.pauseMs * 2, hsmRestartMsMax);
    this.options.onEvent?.(`the device ended (${how}): next start in ${this.pauseMs} ms`);
    this.restarts += 1;
    this.pauseTimer = setTimeout(() => this.start(), this.pauseMs);
  }
}

/** Start a device and keep it. */
export function superviseHsmDevice(options: SuperviseOptions): SupervisedHsm {
  return new Supervisor(options);
}
