import { stripVTControlCharacters } from 'node:util';

import { runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { rapidReset, endlessHeaders } from './http2.ts';
import { openDoor, sendRaw } from '../../test/rig/raw.ts';
import { Customer } from './customer.ts';
import type { World } from './world.ts';

const closing = 'Connection: close\r\n\r\n';

/** Requests that no server may guess the meaning of, by what is wrong with them. `HOST` stands for the site's name. */
const malformed: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two lengths': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
  'a list of lengths': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4, 4\r\n\r\nabcd`,
  'a length with a sign': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: +4\r\n\r\nabcd`,
  'a negative length': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n`,
  'a hexadecimal length': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x4\r\n\r\nabcd`,
  'a NUL in a header': `GET /counted/ HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b\r\n${closing}`,
  'a NUL in the path': `GET /counted/\0 HTTP/1.1\r\nHost: HOST\r\n${closing}`,
  'two hosts': `GET /counted/ HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n${closing}`,
  'no host': `GET /counted/ HTTP/1.1\r\n${closing}`,
  'a space before the colon': `GET /counted/ HTTP/1.1\r\nHost: HOST\r\nContent-Length : 4\r\n\r\nabcd`,
  'an unknown transfer coding': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'two transfer codings': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  'a chunk that is no number': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabcd\r\n0\r\n\r\n`,
  'a chunk longer than every number': `POST /counted/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabcd\r\n0\r\n\r\n`,
  'a method in small letters with a tab': `get\t/counted/ HTTP/1.1\r\nHost: HOST\r\n${closing}`,
  'HTTP/3.0 in the first line': `GET /counted/ HTTP/3.0\r\nHost: HOST\r\n${closing}`,
  'a line break alone within a header': `GET /counted/ HTTP/1.1\r\nHost: HOST\r\nX-A: b\rX-B: c\r\n${closing}`,
  TRACE: `TRACE /counted/ HTTP/1.1\r\nHost: HOST\r\n${closing}`,
  CONNECT: `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: HOST\r\n${closing}`,
  'a header of 100 kB': `GET /counted/ HTTP/1.1\r\nHost: HOST\r\nX-A: ${'a'.repeat(100_000)}\r\n${closing}`,
  'a path of 100 kB': `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: HOST\r\n${closing}`,
};

const calls = async (world: World): Promise<number> =>
  (JSON.parse((await world.get(world.mallory, '/counted/')).body) as { calls: number }).calls;

/** One process answers, so that its count is everybody's. */
const smuggling: Attack = {
  name: 'requests of two meanings',
  who: 'visitor',
  how: `${Object.keys(malformed).length} malformed requests: ${Object.keys(malformed).slice(0, 8).join(', ')} …`,
  promise: 'each is answered with 400 to 501 or closed before Django sees it',
  async run(world) {
    const { mallory, box } = world;
    const wrong: string[] = [];
    const statuses = new Map<number, number>();
    for (const [what, request] of Object.entries(malformed)) {
      const said = await sendRaw(Buffer.from(request.replaceAll('HOST', mallory.domain), 'latin1'), {
        port: box.ports.https,
        servername: mallory.domain,
      });
      statuses.set(said.status, (statuses.get(said.status) ?? 0) + 1);
      if (said.statuses.some((status) => status < 400) || said.text.includes('"calls"'))
        wrong.push(`${what} was answered ${said.statuses.join(', ')}`);
    }
    return outcome(
      wrong,
      [...statuses].map(([status, count]) => `${count} × ${status === 0 ? 'closed' : status}`).join(', '),
    );
  },
};

const hiddenRequest: Attack = {
  name: 'a request within a request',
  who: 'visitor',
  how: 'a second request hidden in the body of the first, behind lengths and codings that disagree, in 8 ways; and twice as many that are clean',
  promise: 'no request reaches Django that the edge did not count, and none gets another’s answer',
  async run(world) {
    const { mallory, box } = world;
    const hidden = `GET /seen/?smuggled HTTP/1.1\r\nHost: ${mallory.domain}\r\nX-A: b\r\n\r\n`;
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
    const first = (headers: string, body: string): string =>
      `POST /rows/ HTTP/1.1\r\nHost: ${mallory.domain}\r\n${headers}\r\n\r\n${body}`;
    const ways = [
      first('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
      first(`Content-Length: ${hidden.length}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`),
      first(`Content-Length: 5\r\nTransfer-Encoding : chunked`, `0\r\n\r\n${hidden}`),
      first(`Transfer-Encoding: chunked\r\nTransfer-encoding: x`, `0\r\n\r\n${hidden}`),
      first(`Transfer-Encoding:\x0bchunked\r\nContent-Length: 5`, `0\r\n\r\n${hidden}`),
      first(`X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5`, `0\r\n\r\n${hidden}`),
      first(`Content-Length: ${hidden.length}\r\nContent_Length: 0`, hidden),
      first('Transfer-Encoding: chunked', chunk),
    ];
    const wrong: string[] = [];
    for (const [index, way] of ways.entries()) {
      const said = await sendRaw(Buffer.from(way, 'latin1'), {
        port: box.ports.https,
        servername: mallory.domain,
        patience: 1500,
      });
      if (/smuggled/.test(said.text)) wrong.push(`way ${index + 1} had the hidden request answered`);
      const clean = await world.get(mallory, '/health/');
      if (clean.body !== 'ok')
        wrong.push(`after way ${index + 1} another visitor got ${clean.status} ${clean.body.slice(0, 40)}`);
    }
    return outcome(wrong, `${ways.length} ways, no hidden request answered`);
  },
};

const hosts: Attack = {
  name: 'hosts that are nobody’s',
  who: 'visitor',
  how: 'an unknown Host over HTTP and HTTPS, one with a port, path or user in it, an absolute address of another host, an unknown name in TLS, and none',
  promise: 'the connection is closed without an answer, or the answer never takes up the invented host',
  async run(world) {
    const { mallory, box } = world;
    const wrong: string[] = [];
    const invented = [
      'evil.example',
      `${mallory.domain}.evil.example`,
      `${mallory.domain}@evil.example`,
      `${mallory.domain}:80@evil.example`,
      `evil.example:${box.ports.https}`,
      '127.0.0.1',
      '[::1]',
      `${mallory.domain}/x`,
      'a'.repeat(300),
    ];
    for (const host of invented)
      for (const servername of [undefined, mallory.domain]) {
        const port = servername === undefined ? box.ports.http : box.ports.https;
        const said = await sendRaw(`GET /seen/ HTTP/1.1\r\nHost: ${host}\r\n${closing}`, {
          port,
          ...(servername !== undefined && { servername }),
        });
        if (said.status !== 0 && said.status !== 400 && said.text.includes('evil.example'))
          wrong.push(`Host ${host.slice(0, 60)} is answered ${said.status} on port ${port}`);
      }
    const absolute = await sendRaw(`GET http://evil.example/seen/ HTTP/1.1\r\nHost: ${mallory.domain}\r\n${closing}`, {
      port: box.ports.https,
      servername: mallory.domain,
    });
    if (absolute.text.includes('evil.example')) wrong.push('an absolute address is taken up');
    for (const servername of ['evil.example', '']) {
      const said = await sendRaw(`GET / HTTP/1.1\r\nHost: ${mallory.domain}\r\n${closing}`, {
        port: box.ports.https,
        servername,
      });
      if (said.status !== 0) wrong.push(`TLS for '${servername}' is answered ${said.status}`);
    }
    return outcome(wrong, `${invented.length * 2 + 3} tries, all closed or 400`);
  },
};

const bodies: Attack = {
  name: 'bodies over the limit',
  who: 'visitor',
  how: 'a declared body of 26 MB, one of 9 exabytes, and a chunked one of 26 MB that says nothing beforehand (limit 25 MB)',
  promise: '413, before Django sees it',
  async run(world) {
    const { mallory, box } = world;
    const before = await calls(world);
    const options = { port: box.ports.https, servername: mallory.domain, patience: 20_000 };
    const head = `POST /counted/ HTTP/1.1\r\nHost: ${mallory.domain}\r\n`;
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 120), Buffer.from('\r\n')]);
    const sent = [
      Buffer.from(`${head}Content-Length: 27262976\r\n\r\n`),
      Buffer.from(`${head}Content-Length: 9223372036854775806\r\n\r\n`),
      Buffer.concat([
        Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
        ...Array.from({ length: 26 }, () => chunk),
        Buffer.from('0\r\n\r\n'),
      ]),
    ];
    const statuses: number[] = [];
    for (const bytes of sent) statuses.push((await sendRaw(bytes, options)).status);
    const wrong = statuses.filter((status) => status !== 413 && status !== 0).map((status) => `answered ${status}`);
    const more = (await calls(world)) - before - 1;
    if (more > 0 && more < 20) wrong.push(`Django saw ${more} of them`);
    return outcome(wrong, `answered ${statuses.join(', ')}`);
  },
};

/** One of slowhttptest's attacks beside a customer of the same site. */
function slow(kind: string, words: readonly string[], how: string): Attack {
  return {
    name: `slow clients: ${kind}`,
    who: 'visitor',
    how: `slowhttptest, 200 connections for 12 s: ${how}`,
    promise: 'other visitors are answered all the while, none fails',
    async run(world) {
      const { neighbour, box } = world;
      // slowhttptest names no host in TLS, and would be sent away for that alone.
      const door = await openDoor(box.ports.https, neighbour.domain);
      const customer = new Customer(box.ports.https, neighbour.domain);
      customer.begin('/slow/');
      const url = `http://localhost:${door.port}${kind === 'reading' ? '/static/notes/large.css' : '/slow/'}`;
      const ran = await runCommand(
        ['timeout', '60', 'slowhttptest', '-c', '200', '-r', '100', '-l', '12', '-u', url, '-p', '3', ...words],
        { cwd: box.folder },
      );
      const { asked, failed, worstMs } = await customer.end();
      await door.close();
      const text = stripVTControlCharacters(ran.all);
      const ended = /Exit status: (.*)/.exec(text)?.[1];
      if (ended === undefined || door.opened < 50)
        throw new Error(`slowhttptest opened ${door.opened} connections: ${text.slice(-300)}`);
      const most = Math.max(...[...text.matchAll(/connected:\s+(\d+)/g)].map((found) => Number(found[1])));
      return outcome(
        failed.length > 0 || asked < 20
          ? [`${failed.length} of ${asked} requests of others failed: ${failed[0] ?? 'too few were answered'}`]
          : [],
        `${door.opened} connections, at most ${most} at once, at its end: ${ended.toLowerCase()}; 0 of ${asked} requests of others failed, the slowest took ${(worstMs / 1000).toFixed(1)} s`,
      );
    },
  };
}

const load: Attack = {
  name: 'many streams on few connections',
  who: 'visitor',
  how: 'h2load: 3,000 requests on 10 connections with 128 streams each, to a slow address',
  promise: 'one address gets no more than its share (429 beyond), and a visitor of the neighbour is answered',
  async run(world) {
    const { mallory, neighbour, box } = world;
    const customer = new Customer(box.ports.https, neighbour.domain, '127.0.0.9');
    customer.begin('/health/');
    const ran = await runCommand([
      'timeout',
      '60',
      'h2load',
      '-n',
      '3000',
      '-c',
      '10',
      '-m',
      '128',
      `--connect-to=127.0.0.1:${box.ports.https}`,
      `https://${mallory.domain}:${box.ports.https}/slow/`,
    ]);
    const { asked, failed, worstMs } = await customer.end();
    const codes = /status codes: (.*)/.exec(ran.all)?.[1] ?? ran.all.slice(-200);
    return outcome(
      failed.length > 0 || asked < 3
        ? [`${failed.length} of ${asked} requests to the neighbour failed: ${failed[0] ?? ''}`]
        : [],
      `${codes}; 0 of ${asked} requests to the neighbour failed, the slowest took ${(worstMs / 1000).toFixed(1)} s`,
    );
  },
};

export const httpArea: Area = {
  id: 'http',
  title: 'HTTP',
  attacks: [
    smuggling,
    hiddenRequest,
    hosts,
    bodies,
    slow('headers', ['-H', '-i', '3'], 'a header every 3 s, never the last'),
    slow('bodies', ['-B', '-i', '3', '-s', '8192'], 'a byte of a body every 3 s'),
    slow('reading', ['-X', '-w', '1', '-y', '8', '-n', '2', '-z', '8', '-k', '3'], 'answers read 8 bytes at a time'),
    load,
    rapidReset,
    endlessHeaders,
  ],
};
