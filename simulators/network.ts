// One simulated network: books, issuer, host and settlement day. A simulator runs several, each with a dialect, a port and books of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect } from '../acquirer-gateway/iso8583/index.ts';
import type { Framing } from '../acquirer-gateway/link/framing.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import { controlHandler } from './commands.ts';
import type { ControlHandler } from './control.ts';
import { FaultRules } from './faults.ts';
import { Books } from './issuer/books.ts';
import { BooksFile } from './issuer/books-file.ts';
import type { CardChecks } from './issuer/checks.ts';
import { Issuer } from './issuer/issuer.ts';
import { hostDialectOf } from './network-host/dialects/index.ts';
import type { DialOptions } from './network-host/dialer.ts';
import { NetworkHost } from './network-host/host.ts';
import type { NetworkKeys } from './network-host/keys.ts';
import type { HostTls } from './network-host/server.ts';
import { clearingRecordsMax, SettlementDay } from './settlement/day.ts';
import type { FileFault } from './settlement/file-faults.ts';
import type { FileFormat } from './settlement/formats.ts';
import { dialectReference } from './settlement/reference.ts';

/** Where a network is and where it keeps what it knows. */
export interface NetworkConfig {
  /** Name of the network in settlement files. */
  readonly network: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: HostTls;
  /** How messages are cut out of the stream; binary2 when absent. */
  readonly framing?: Framing;
  /** Folder of the books and the settlement files. */
  readonly folder: string;
  /** Reply time-out of the acquirer, ms. */
  readonly replyTimeoutMs: number;
  /** An acquirer that waits for us to connect; absent: acquirers connect to us. */
  readonly dial?: DialOptions;
}

/** What a network works with. */
export interface NetworkDeps {
  readonly dialect: Dialect;
  readonly checks: CardChecks;
  /** Working keys of the network; absent: no MACs, no key exchange. */
  readonly keys?: NetworkKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the process at once: the fault `crash`. */
  readonly crash: () => void;
}

/** A network that serves. */
export interface RunningNetwork {
  readonly network: string;
  /** host:port */
  readonly address: string;
  readonly books: Books;
  readonly host: NetworkHost;
  /** Serves the control socket's commands. */
  readonly control: ControlHandler;
  /** Ends in order: everything decided is written and answered. */
  stop(): Promise<void>;
}

/** Starts a network: reads its books, then serves. */
export async function startNetwork(config: NetworkConfig, deps: NetworkDeps): Promise<RunningNetwork> {
  mkdirSync(config.folder, { recursive: true, mode: 0o700 });
  const books = new Books();
  const { clock, log } = deps;
  const settlement = join(config.folder, 'settlement');
  const speaks = hostDialectOf(deps.dialect.name);
  const reference = speaks === undefined ? {} : { reference: dialectReference(speaks.reference) };
  const day = new SettlementDay({ books, folder: settlement, network: config.network, clock, ...reference });
  const file = BooksFile.open(join(config.folder, 'books.jsonl'), {
    entry: (entry) => void books.book(entry),
    cutOver: (cutOver) => day.replay(cutOver),
  });
  await day.replayedFiles();
  const issuer = new Issuer({ books, journal: file, salt: file.salt, checks: deps.checks, clock });
  const faults = new FaultRules();
  const host = new NetworkHost({
    dialect: deps.dialect,
    issuer,
    books,
    clock,
    ...(deps.keys === undefined ? {} : { keys: deps.keys }),
    faults,
    tls: config.tls,
    framing: config.framing,
    replyTimeoutMs: config.replyTimeoutMs,
    commit: () => {
      file.flush();
      // A file that cannot be written ends the process: its cut-over is in the books, the next start writes it.
      if (books.unsettledCount >= clearingRecordsMax) void cutOver();
    },
    crash: deps.crash,
    settlementMmdd: () => day.mmdd(),
    log,
  });
  const cutOver = async (fileFaults: readonly FileFault[] = [], format: FileFormat = 'csv') => {
    const made = await day.cutOver(file, fileFaults, format);
    log.info({ records: made.records }, 'the settlement day was ended');
    return made;
  };
  const control = controlHandler({ books, host, checks: deps.checks, faults, clock, cutOver });
  const port = await host.listen(config.port, config.host);
  if (config.dial !== undefined) host.keepDialing(config.dial);
  log.info({ network: config.network, entries: books.count, files: books.files, port }, 'a network serves');
  return {
    network: config.network,
    address: `${config.host}:${port}`,
    books,
    host,
    control,
    async stop() {
      await host.close();
      file.close();
    },
  };
}
