import t from 'tap';
import { address, ConfigError, choice, describeSettings, flag, integer, port, readConfig, text } from './config.ts';
import { errorTable, Fault } from './errors.ts';
import { makeLog } from './log.ts';

const settings = {
  listen: address('X_LISTEN', 'where to listen'),
  port: port('X_PORT', 'the port', { fallback: '8080' }),
  size: integer('X_SIZE', 'how many', { min: 1, max: 10 }, { fallback: '5' }),
  level: choice('X_LEVEL', 'how loud', ['info', 'warn'], { fallback: 'info' }),
  tls: flag('X_TLS', 'whether to encrypt', { fallback: '1' }),
  secret: text('X_SECRET', 'the secret'),
};

t.test('a right configuration is read with its defaults', async (t) => {
  const values = readConfig(settings, { X_LISTEN: 'localhost:1', X_SECRET: 's', X_SIZE: '' });
  t.strictSame(values, { listen: 'localhost:1', port: 8080, size: 5, level: 'info', tls: true, secret: 's' });
});

t.test('all faults are reported together, each with the name of its setting', async (t) => {
  try {
    readConfig(settings, { X_LISTEN: 'nowhere', X_PORT: '70000', X_SIZE: '1.5', X_LEVEL: 'loud', X_TLS: 'maybe' });
    t.fail('it was accepted');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    const { faults, message } = error as ConfigError;
    t.equal(faults.length, 6);
    for (const name of ['X_LISTEN', 'X_PORT', 'X_SIZE', 'X_LEVEL', 'X_TLS', 'X_SECRET'])
      t.ok(message.includes(name), name);
    t.notOk(message.includes('nowhere'), 'values are not repeated: one could be a secret');
  }
});

t.test('the help names every setting', async (t) => {
  const help = describeSettings(settings);
  for (const one of Object.values(settings)) t.ok(help.includes(one.name));
});

t.test('a log line cannot carry a card number', async (t) => {
  const lines: string[] = [];
  const log = makeLog('test', 'info', (line) => lines.push(line));
  log.child({ card: '4111111111111111' }).warn({ raw: 'x 5555555555554444' }, 'saw 4111111111111111');
  log.debug({}, 'not shown');
  t.equal(lines.length, 1);
  t.notMatch(lines[0], /4111111111111111|5555555555554444/);
  t.match(lines[0], /411111\*{6}1111/);
});

t.test('a fault carries its code and never its cause in the message', async (t) => {
  const fault = new Fault('STORE_UNAVAILABLE', 'the database does not answer', {
    cause: new Error('secret detail'),
    retryAfterMs: 50,
  });
  t.equal(fault.code, 'STORE_UNAVAILABLE');
  t.equal(fault.retryAfterMs, 50);
  t.notMatch(fault.message, /secret/);
  for (const [code, row] of Object.entries(errorTable))
    t.ok(row.grpc > 0 && row.grpc < 17 && row.http >= 400 && row.exit > 0 && row.exit < 125, code);
});
