// Makes a fresh checkout ready: npm packages and SoftHSM. Plain JavaScript, because nothing is installed yet. Quick when all is there.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampPath = join(root, 'node_modules', '.card-edge');
// The same places as hsm/device/pkcs11.ts looks in.
const softhsm = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 12))
    stop(`Node.js ${process.versions.node} is too old: install 20.12 or newer.`);
}

/** The packages belong to this lock file and this Node.js: native modules are built for one major version. */
function stamp() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} node ${process.versions.modules} ${process.platform}-${process.arch}\n`;
}

function installPackages() {
  const wanted = stamp();
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return;
  process.stdout.write('installing the npm packages (npm ci)\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0)
    stop(
      'npm ci failed: see above. It needs the network, make, a C++ compiler and python3 (Debian: build-essential python3).',
    );
  writeFileSync(stampPath, wanted);
}

function runs(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function installSoftHsm() {
  if (softhsm.some((path) => existsSync(path))) return;
  const sentence =
    'SoftHSM is missing: install it with "sudo apt-get install softhsm2" (or your distribution\'s package), then run make again.';
  const asRoot = process.getuid?.() === 0 ? [] : runs('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined;
  if (asRoot === undefined || !runs('apt-get', ['--version'])) stop(sentence);
  process.stdout.write('installing SoftHSM (apt-get install softhsm2)\n');
  const [program, ...args] = [...asRoot, 'apt-get', 'install', '-y', '--no-install-recommends', 'softhsm2'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => spawnSync(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  if (!install()) {
    // The package lists of a fresh machine are empty or old.
    const [updater, ...updaterArgs] = [...asRoot, 'apt-get', 'update'];
    execFileSync(updater, updaterArgs, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (!install()) stop(sentence);
  }
}

checkNode();
installPackages();
installSoftHsm();
