// Installs the servers that the tests start, from Debian's packages, where one is missing and this user may: root, or
// sudo that asks for nothing. Never fails: the tests of a server that is not there fail, and say so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const SERVERS = ['redis-server', 'nats-server'];
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

const missing = SERVERS.filter((name) => !FOLDERS.some((folder) => existsSync(join(folder, name))));
if (missing.length > 0) install(missing);

function install(names) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const runs = (...words) => {
    const [command, ...rest] = [...asRoot, ...words];
    return spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: quiet() }).status === 0;
  };
  console.log(`The tests start ${names.join(' and ')}: installing with apt-get.`);
  // A package of a server starts it as a service: a policy of exit 101 forbids that, for as long as this takes.
  const forbid =
    'test -e /usr/sbin/policy-rc.d && exit 3; printf "#!/bin/sh\\nexit 101\\n" > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d';
  const forbidden = runs('sh', '-c', forbid);
  const get = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...names];
  const done = runs(...get) || (runs('apt-get', 'update', '-q') && runs(...get));
  if (forbidden) runs('rm', '-f', '/usr/sbin/policy-rc.d');
  if (!done) console.log(`They could not be installed. Install them yourself: apt-get install ${names.join(' ')}`);
}

function quiet() {
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
}
