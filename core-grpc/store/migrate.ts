// Brings a database to the newest schema: the SQL files of core-grpc/store/migrations in order, each once, in one transaction.
import { runner } from 'node-pg-migrate';
import type { Log } from '../../common/log.ts';
import { projectPath } from '../../common/root.ts';

/**
 * Runs what is missing of the migrations and gives the names of what ran. Several processes may call it at once: an advisory lock
 * lets one work while the others wait. Needs a user that may create tables; the application itself may run as a lesser one.
 */
export async function migrate(databaseUrl: string, log: Log): Promise<string[]> {
  const done = await runner({
    databaseUrl,
    dir: projectPath('core-grpc/store/migrations'),
    ignorePattern: '(?!.*\\.sql$).*',
    migrationsTable: 'migration',
    direction: 'up',
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    logger: {
      debug: () => {},
      info: (line: string) => log.debug({}, line),
      warn: (line: string) => log.warn({}, line),
      error: (line: string) => log.error({}, line),
    },
  });
  return done.map((one) => one.name);
}
