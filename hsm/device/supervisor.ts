// Keeps one device serving: a loaded spare takes over when the process ends, a new spare is made; a process that no longer answers is ended (a
// PKCS#11 library can hang its thread).
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
  /** Told each time a device serves. */
  readonly onReady?: (pid: number) => void;
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
const SHORT_LIFE_MS = 2_000;

/** One process. spare -> serving -> ended. */
interface Life {
  readonly child: ChildProcess;
  /** Loaded, and waiting for its turn. */
  isLoaded: boolean;
  servesSinceMs: number;
  errors: string;
  silence: NodeJS.Timeout | undefined;
}

class Supervisor implements SupervisedHsm {
  readonly started: Promise<void>;
  restarts = 0;
  private serving: Life | undefined;
  private spare: Life | undefined;
  private stopping = false;
  private wasReady = false;
  private pauseMs = 0;
  private pauseTimer: NodeJS.Timeout | undefined;
  private readonly options: SuperviseOptions;
  private settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(options: SuperviseOptions) {
    this.options = options;
    this.started = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.serving = this.begin(false);
  }

  get pid(): number | undefined {
    return this.serving?.child.pid;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.pauseTimer);
    await Promise.all([end(this.serving?.child), end(this.spare?.child)]);
  }

  private begin(standby: boolean): Life {
    const program = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
    const child = fork(program, {
      env: {
        ...process.env,
        CARD_EDGE_HSM_CONFIG: this.options.configPath,
        CARD_EDGE_HSM_STANDBY: standby ? '1' : '0',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const life: Life = { child, isLoaded: false, servesSinceMs: performance.now(), errors: '', silence: undefined };
    child.on('message', (message) => {
      if ((message as { standby?: boolean }).standby === true) life.isLoaded = true;
      else this.heard(life);
    });
    child.on('error', () => undefined); // a spare that ended before its turn: 'exit' follows
    child.stderr?.on('data', (chunk: Buffer) => {
      life.errors = (life.errors + chunk.toString('utf8')).slice(-2_000);
    });
    child.stdout?.on('data', (chunk: Buffer) => this.onLines(life, chunk.toString('utf8')));
    child.once('exit', (code, signal) => {
      clearTimeout(life.silence);
      this.onExit(life, `${signal ?? code}`);
    });
    return life;
  }

  private heard(life: Life): void {
    clearTimeout(life.silence);
    life.silence = setTimeout(() => {
      this.options.onEvent?.('the device does not answer: killed');
      life.child.kill('SIGKILL');
    }, hsmSilenceMsMax);
    life.silence.unref();
  }

  private onLines(life: Life, text: string): void {
    for (const line of text.split('\n')) {
      if (line.includes('"ready":true')) {
        this.wasReady = true;
        this.settle?.resolve();
        this.options.onReady?.(life.child.pid ?? 0);
        this.spare ??= this.stopping ? undefined : this.begin(true);
      } else if (line !== '') {
        this.options.onEvent?.(line);
      }
    }
  }

  private onExit(life: Life, how: string): void {
    if (life === this.spare) {
      // Made again with the next life that gets ready: a spare that cannot load must not be tried in a circle.
      this.spare = undefined;
      return;
    }
    if (life !== this.serving) return;
    this.serving = undefined;
    if (this.stopping) return;
    if (!this.wasReady) {
      // It never served: configuration or token need an operator, not another attempt.
      this.settle?.reject(new HsmSetupError(life.errors.trim().split('\n').at(-1) ?? `the HSM device ended (${how})`));
      return;
    }
    this.pauseMs =
      performance.now() - life.servesSinceMs >= SHORT_LIFE_MS
        ? 0
        : Math.min(Math.max(5, this.pauseMs * 2), hsmRestartMsMax);
    this.options.onEvent?.(`the device ended (${how}): the next serves in ${this.pauseMs} ms`);
    this.restarts += 1;
    this.pauseTimer = setTimeout(() => this.succeed(), this.pauseMs);
  }

  /** The spare's turn, or a new process when there is none that is loaded. */
  private succeed(): void {
    const { spare } = this;
    if (spare?.isLoaded === true && spare.child.connected) {
      this.spare = undefined;
      this.serving = spare;
      spare.servesSinceMs = performance.now();
      spare.child.send({ serve: true });
    } else {
      this.serving = this.begin(false);
    }
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** Start a device and keep it. */
export function superviseHsmDevice(options: SuperviseOptions): SupervisedHsm {
  return new Supervisor(options);
}
