// What a running system tells the other verbs: system.json in its state folder.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../common/root.ts';

/** PEM files of a client. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Where everything of a running system is. */
export interface SystemInfo {
  /** HOST:PORT. */
  readonly core: string;
  readonly gateway: string;
  /** Certificates by client: `ops` may do everything, `checkout` pays for the demo merchant, `core` is the core's own: the gateway takes totals from it. */
  readonly tls: { readonly ops: TlsFiles; readonly checkout: TlsFiles; readonly core: TlsFiles };
  /** Unix socket that takes commands for the simulator. */
  readonly simulatorControl: string;
  /** Folder of the simulator's books and settlement files. */
  readonly simulatorDir: string;
  /** Initial keys of the simulated PIN pad. */
  readonly terminalFile: string;
  /** Unix socket of the issuer's HSM (what personalises test cards). */
  readonly issuerSocket: string;
  /** Unix socket of the acquirer's HSM for operators. */
  readonly adminSocket: string;
  readonly demo: { readonly merchantId: string; readonly ecommerceTerminal: string; readonly cardTerminal: string };
  /** Process that supervises. */
  readonly pid: number;
}

/** The folder of the state: given, or CARD_EDGE_STATE_DIR, or .card-edge in the project's folder. */
export function stateFolder(given?: string): string {
  const named = given ?? process.env['CARD_EDGE_STATE_DIR'];
  return named === undefined || named === '' ? projectPath('.card-edge') : named;
}

/** Path of a system's facts. */
export function infoPath(stateDir: string): string {
  return join(stateDir, 'system.json');
}

/** The facts of a system that was started in this folder, or undefined. */
export function readInfo(stateDir: string): SystemInfo | undefined {
  const path = infoPath(stateDir);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SystemInfo) : undefined;
}
